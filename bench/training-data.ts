import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Table, createRandom, readCsv, toTable } from '@bondx/mlops';

/** One comparison: rows to learn from, later or other rows to test on. */
export interface TrainingCase {
  readonly name: string;
  readonly train: Table;
  readonly test: Table;
  readonly features: readonly string[];
  readonly target: string;
  readonly task: 'regression' | 'classification';
  /** Trainings to take the least time of. */
  readonly repeats: number;
}

/** A smooth function of some columns, an interaction and noise; the other columns say nothing. */
export function synthetic(name: string, rows: number, width: number, repeats: number): TrainingCase {
  const random = createRandom(name);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  const features = Array.from({ length: width }, (_, i) => `x${i}`);
  const make = (count: number): Table => {
    const columns = features.map(() => Float64Array.from({ length: count }, normal));
    const [a, b, c, d] = columns as [Float64Array, Float64Array, Float64Array, Float64Array];
    const y = a.map((x, i) => 2 * x + Math.sin(3 * b[i]!) + c[i]! * d[i]! + 0.5 * normal());
    return toTable({ ...Object.fromEntries(features.map((feature, i) => [feature, columns[i]!])), y });
  };
  return { name, train: make(rows), test: make(10_000), features, target: 'y', task: 'regression', repeats };
}

/** The data sets of a folder that are there. */
export async function realCases(folder: string): Promise<readonly TrainingCase[]> {
  const read = async (path: string): Promise<Table | undefined> =>
    existsSync(join(folder, path)) ? readCsv(join(folder, path)) : undefined;
  const bonds = await read('treasury-bonds/bonds-monthly-2010-2012.csv');
  const bills = await read('treasury-bills/bill-auctions-1998-2019.csv');
  const curve = await read('par-curve/par-curve-daily-1962-2022.csv');
  const credit = await read('credit-default/credit-card-default.csv');
  const bondFeatures =
    'coupon_rate maturity_years age_years n_reopenings security_type term issue_size_bn benchmark_yield';
  const billFeatures = 'term regular_term maturity_days benchmark_yield y10_prev_day slope_10y_bps';
  return [
    ...(bonds ? [byTime('treasury-bonds', bonds, bondFeatures, 'spread_bps', '2012-01-01')] : []),
    ...(bills ? [byTime('treasury-bills', bills, billFeatures, 'spread_bps', '2016-01-01')] : []),
    ...(curve ? [byTime('par-curve', curve, 'm3 m6 y1 y2 y3 y5 y7 y20 y30', 'y10', '2015-01-01')] : []),
    ...(credit ? [every('credit-default', credit, 'default_next_month', ['ID'])] : []),
  ];
}

/** Learns from the rows before a day, tests on those from then on. */
function byTime(name: string, table: Table, features: string, target: string, day: string): TrainingCase {
  const [date, truth] = [table.column('date'), table.column(target)];
  if (date.kind !== 'date' || truth.kind !== 'numeric') throw new Error(`${name} has other columns than expected`);
  const known = [...truth.values.keys()].filter((row) => !Number.isNaN(truth.values[row]));
  const isTest = (row: number): boolean => date.values[row]! >= Date.parse(day);
  return {
    name,
    train: table.take(known.filter((row) => !isTest(row))),
    test: table.take(known.filter(isTest)),
    features: features.split(' '),
    target,
    task: 'regression',
    repeats: 3,
  };
}

/** Tests on every fourth row. */
function every(name: string, table: Table, target: string, without: readonly string[]): TrainingCase {
  const rows = Array.from({ length: table.rowCount }, (_, row) => row);
  return {
    name,
    train: table.take(rows.filter((row) => row % 4 !== 0)),
    test: table.take(rows.filter((row) => row % 4 === 0)),
    features: [...table.columns.keys()].filter((column) => column !== target && !without.includes(column)),
    target,
    task: 'classification',
    repeats: 3,
  };
}
