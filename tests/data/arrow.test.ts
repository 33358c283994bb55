import * as arrow from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { toTable } from '../../src/data/table.js';

/** A table of Arrow vectors, as it arrives from a file or over the wire: written to bytes and read again. */
function overTheWire(columns: Record<string, arrow.Vector>): arrow.Table {
  return arrow.tableFromIPC(arrow.tableToIPC(new arrow.Table(columns)));
}

describe('an Arrow table', () => {
  it('is recognized, with numbers, gaps, texts, dates and booleans', () => {
    const day = new Date('2012-01-31');
    const table = toTable(
      overTheWire({
        double: arrow.vectorFromArray([1.5, null, -2], new arrow.Float64()),
        single: arrow.vectorFromArray([1.5, null, -2], new arrow.Float32()),
        half: arrow.vectorFromArray([1.5, null, -2], new arrow.Float16()),
        byte: arrow.vectorFromArray([1, null, -2], new arrow.Int8()),
        unsigned: arrow.vectorFromArray([1, null, 4_000_000_000], new arrow.Uint32()),
        long: arrow.vectorFromArray([1n, null, -2n], new arrow.Int64()),
        text: arrow.vectorFromArray(['x', null, 'y'], new arrow.Utf8()),
        coded: arrow.vectorFromArray(['x', null, 'x'], new arrow.Dictionary(new arrow.Utf8(), new arrow.Int8())),
        flag: arrow.vectorFromArray([true, null, false], new arrow.Bool()),
        day: arrow.vectorFromArray([day, null, day], new arrow.DateDay()),
        micros: arrow.vectorFromArray([day, null, day], new arrow.TimestampMicrosecond()),
        spelled: arrow.vectorFromArray(['4.250', null, '3'], new arrow.Utf8()),
        nothing: arrow.vectorFromArray([null, null, null], new arrow.Float64()),
      }),
    );
    expect(table.row(0)).toEqual({
      double: 1.5,
      single: 1.5,
      half: 1.5,
      byte: 1,
      unsigned: 1,
      long: 1,
      text: 'x',
      coded: 'x',
      flag: 'true',
      day: '2012-01-31T00:00:00.000Z',
      micros: '2012-01-31T00:00:00.000Z',
      spelled: 4.25,
      nothing: null,
    });
    expect(Object.values(table.row(1)).every((value) => value === null)).toBe(true);
    expect(table.row(2)).toMatchObject({ unsigned: 4_000_000_000, long: -2, coded: 'x', flag: 'false', spelled: 3 });
    expect(table.notes.join()).toContain('column "spelled" holds numbers stored as text');
  });

  it('gives doubles without gaps as they are, without copying', () => {
    const values = Float64Array.of(1, 2, 3);
    const column = toTable(arrow.makeTable({ values })).column('values') as { values: Float64Array };
    expect(column.values.buffer).toBe(values.buffer);
  });

  it('joins chunks, and reads slices of them', () => {
    const first = new arrow.Table({ x: arrow.vectorFromArray([1, null, 3, 4], new arrow.Float64()) });
    const second = new arrow.Table({ x: arrow.vectorFromArray([5, 6], new arrow.Float64()) });
    const table = first.concat(second).slice(1, 5);
    expect(toTable(table).digest()).toBe(toTable({ x: [null, 3, 4, 5] }).digest());
    const words = arrow.vectorFromArray(
      ['a', 'b', null, 'c'],
      new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32()),
    );
    const others = arrow.vectorFromArray(['c', 'a'], new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32()));
    const coded = new arrow.Table({ k: words }).concat(new arrow.Table({ k: others })).slice(1);
    expect(toTable(coded).digest()).toBe(toTable({ k: ['b', null, 'c', 'c', 'a'] }).digest());
  });

  it('reads a dictionary of texts that spell numbers, dates or nothing as such', () => {
    const dictionary = new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32());
    const table = toTable(
      new arrow.Table({
        rate: arrow.vectorFromArray(['4.250', '3', 'NA'], dictionary),
        at: arrow.vectorFromArray(
          ['2012-01-31', '2012-01-31', null],
          new arrow.Dictionary(new arrow.Utf8(), new arrow.Int8()),
        ),
      }),
    );
    expect(table.column('rate')).toMatchObject({ kind: 'numeric', missingCount: 1 });
    expect(table.column('at')).toMatchObject({ kind: 'date', missingCount: 1 });
  });

  it('reads decimals of 128 bits, negative ones too', () => {
    const type = new arrow.Decimal(2, 10, 128);
    const values = Uint32Array.of(10_125, 0, 0, 0, 0xffffffce, 0xffffffff, 0xffffffff, 0xffffffff); // 10125, −50
    const vector = new arrow.Vector([arrow.makeData({ type, length: 2, nullCount: 0, data: values })]);
    expect(toTable(new arrow.Table({ price: vector })).column('price')).toMatchObject({
      values: Float64Array.of(101.25, -0.5),
    });
  });

  it('leaves nested columns out and says so', () => {
    const list = arrow.vectorFromArray([[1], [2, 3]], new arrow.List(new arrow.Field('item', new arrow.Int32())));
    const table = toTable(new arrow.Table({ list, x: arrow.vectorFromArray([1, 2], new arrow.Int32()) }));
    expect([...table.columns.keys()]).toEqual(['x']);
    expect(table.notes).toEqual(['column "list" holds nested or binary values: left out']);
  });

  it('takes forced kinds, and refuses those that do not fit', () => {
    const table = arrow.makeTable({ code: Int32Array.of(7, 8) });
    expect(toTable(table, { types: { code: 'categorical' } }).row(0)).toEqual({ code: '7' });
    const dates = new arrow.Table({ at: arrow.vectorFromArray([new Date(0)], new arrow.DateMillisecond()) });
    expect(() => toTable(dates, { types: { at: 'categorical' } })).toThrow(
      '"at" is date and cannot be read as categorical',
    );
  });
});
