import { readCsv } from '../../src/data/csv.js';
import type { Table } from '../../src/data/table.js';
import type { Model } from '../../src/models/contract.js';

export const featureColumns = [
  'coupon_rate',
  'maturity_years',
  'age_years',
  'term',
  'issue_size_bn',
  'benchmark_yield',
  'security_type',
  'n_reopenings',
];

/** The bonds of 2010–11 to learn from and those of 2012 to test on. */
export async function readBonds(): Promise<{ train: Table; test: Table }> {
  const table = await readCsv('examples/data/bonds-monthly-2010-2012.csv');
  const rows = Array.from({ length: table.rowCount }, (_, row) => row);
  const isLate = (row: number): boolean => String(table.row(row)['date']) >= '2012';
  return { train: table.take(rows.filter((row) => !isLate(row))), test: table.take(rows.filter(isLate)) };
}

/** The trees in a model's JSON. */
export const treesOf = (model: Model): readonly { feature: readonly number[] }[] =>
  model.toJSON()['trees'] as unknown as readonly { feature: readonly number[] }[];
