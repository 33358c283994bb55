"""Writes the Parquet files of tests/data/parquet/parquet.test.ts with pyarrow, an implementation independent of the one read with.

Usage: python3 tests/data/parquet/generate.py
"""
import datetime
import decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

here = Path(__file__).parent
utc = datetime.timezone.utc
table = pa.table({
    "float": pa.array([1.5, None, -2.25, 4.0], pa.float64()),
    "int": pa.array([1, 2, None, 4], pa.int32()),
    "long": pa.array([1, 2, 3, None], pa.int64()),
    "text": pa.array(["NOTE", "BOND", None, "NOTE"]),
    "category": pa.array(["u", "v", "u", None]).dictionary_encode(),
    "number_text": pa.array(["4.250", "3.5", None, "1"]),
    "flag": pa.array([True, False, None, True]),
    "day": pa.array([datetime.date(2012, 1, 31), None, datetime.date(2012, 3, 31), datetime.date(1969, 12, 31)]),
    "time": pa.array([datetime.datetime(2012, 1, 31, 12, 30, tzinfo=utc), None, None,
                      datetime.datetime(2013, 1, 1, tzinfo=utc)], pa.timestamp("us", tz="UTC")),
    "price": pa.array([decimal.Decimal("101.25"), None, decimal.Decimal("-0.50"), decimal.Decimal("99.00")]),
    "list": pa.array([[1], [2, 3], None, []], pa.list_(pa.int32())),
    "empty": pa.array([None] * 4, pa.float64()),
})
pq.write_table(table, here / "two-groups.parquet", row_group_size=2, compression="snappy")
pq.write_table(table.slice(0, 0), here / "no-rows.parquet")
pq.write_table(table.select(["float"]), here / "brotli.parquet", compression="brotli")

decimals = ["0.3", "-0.07", "1.1", "4.015", "16194172451.293", "999999999999999.999", None]
pq.write_table(pa.table({
    "short": pa.array([text and decimal.Decimal(text) for text in decimals], pa.decimal128(18, 3)),
    "wide": pa.array([text and decimal.Decimal(text) for text in decimals], pa.decimal128(38, 10)),
}), here / "decimals.parquet", store_decimal_as_integer=True)
