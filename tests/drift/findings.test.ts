import { describe, expect, it } from 'vitest';
import { type DriftReport, DriftMonitor, type Row } from '@bondx/mlops';
import { createRandom } from '../../src/util/random.js';
import { createWorld } from '../helpers.js';

type Cells = (row: number, random: () => number) => unknown;

const rowsOf = (seed: string, columns: Readonly<Record<string, Cells>>): Row[] => {
  const random = createRandom(seed);
  return Array.from({ length: 1500 }, (_, row) =>
    Object.fromEntries(Object.entries(columns).map(([name, cell]) => [name, cell(row, () => random.next())])),
  );
};

/** What a check of column `x` finds, beside a good column that must stay judged. */
async function findingsOf(before: Cells, after: Cells, streaming = false): Promise<DriftReport> {
  const { config, options } = createWorld();
  const good: Cells = (_, random) => random();
  const report = await new DriftMonitor(config, options).detectDrift({
    modelName: 'spread',
    baselineData: rowsOf('a', { x: before, good }),
    currentData: rowsOf('b', { x: after, good }),
    featureColumns: ['x', 'good'],
    streaming,
  });
  expect(report.columns.find(({ column }) => column === 'good')!.verdict).toBe('stable');
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  return report;
}

const kindsOf = ({ columns }: DriftReport): string[] => columns[0]!.findings.map(({ kind }) => kind);
const number: Cells = (_, random) => 2 + random();

const cases: readonly (readonly [string, Cells, Cells, readonly string[]])[] = [
  ['became constant', number, () => 2.5, ['constant']],
  ['numbers now stored as text', number, (_, random) => (2 + 0.9 * random()).toFixed(3), ['numbers_as_text']],
  ['percentages as text', number, (_, random) => `${(2.05 + 0.9 * random()).toFixed(3)}%`, ['numbers_as_text']],
  [
    'numbers now mixed with texts',
    number,
    (row, random) => (row % 9 === 0 ? 'n.m.' : random()),
    ['type_changed', 'mixed_types'],
  ],
  ['dates now numbers', () => '2024-05-01', number, ['type_changed', 'constant']],
  ['beyond the range', number, (_, random) => 2.5 + random(), ['range_exceeded']],
  ['all values now missing', number, () => null, ['missing_rate_changed', 'no_values']],
  [
    'objects among the cells',
    number,
    (row, random) => (row === 3 ? { a: 1 } : 2.01 + 0.9 * random()),
    ['unreadable_values'],
  ],
  [
    'a category that appeared, one that vanished',
    (row) => 'ab'[row % 2],
    (row) => 'ac'[row % 2],
    ['new_categories', 'vanished_categories'],
  ],
];

describe.each([false, true])('findings, streaming %s', (streaming) => {
  it.each(cases)('%s', async (_, before, after, expected) => {
    const found = kindsOf(await findingsOf(before, after, streaming)).filter(
      (kind) => kind !== 'range_exceeded' || expected.includes(kind),
    );
    expect(found).toEqual(expected);
  });

  it('say of dates beyond the range which dates it has', async () => {
    const dates = (year: number) => (row: number) => `${year}-0${1 + (row % 9)}-15`;
    const report = await findingsOf(dates(2020), dates(2021), streaming);
    const [column] = report.columns;
    expect(column!.findings).toContainEqual({
      kind: 'range_exceeded',
      message: expect.stringMatching(
        /1500 values are outside the baseline's range 2020-01-15 to 2020-09-15$/,
      ) as string,
    });
  });

  it('say what changed about columns that are not compared', async () => {
    const { config, options } = createWorld();
    const report = await new DriftMonitor(config, options).detectDrift({
      modelName: 'spread',
      baselineData: rowsOf('a', { x: number, desk: () => 'NY', rating: () => 3, old: number }),
      currentData: rowsOf('b', { x: number, desk: () => 'LN', rating: () => 'AA', fresh: number }),
      featureColumns: ['x'],
      streaming,
    });
    expect(report.findings).toEqual([
      { kind: 'column_appeared', message: 'columns only in the current data: fresh' },
      { kind: 'column_disappeared', message: 'columns only in the baseline: old' },
      { kind: 'type_changed', message: 'columns of another type: rating (numeric, now categorical)' },
    ]);
  });
});

it('featureColumns are a list that names each column once', async () => {
  const { config, options } = createWorld();
  const check = (featureColumns: unknown) => {
    const data = { baselineData: { x: [1, 2] }, currentData: { x: [1, 2] } };
    return new DriftMonitor(config, options).detectDrift({ modelName: 'm', ...data, featureColumns } as never);
  };
  await expect(check('x')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  await expect(check(['x', 'x'])).rejects.toThrow('featureColumns names "x" twice');
});

describe('a column of nearly as many categories as rows', () => {
  it.each([
    [100, 1e6],
    [300, 1e6],
    [500, 5000],
    [500, 1000],
    [2000, 5000],
  ])('is not drifted where nothing changed: %i rows of %i categories', async (rows, categories) => {
    const { config, options } = createWorld();
    const random = createRandom(rows);
    const draw = () => ({ name: Array.from({ length: rows }, () => `n${Math.floor(random.next() * categories)}`) });
    for (const streaming of [false, true]) {
      const report = await new DriftMonitor(config, options).detectDrift({
        modelName: 'm',
        featureColumns: ['name'],
        baselineData: draw(),
        currentData: draw(),
        streaming,
      });
      expect(report.columns[0]).toMatchObject({ verdict: 'inconclusive', psi: { lower: 0 } });
    }
  });

  it('is drifted by its stability index where one of them appears in many rows', async () => {
    const { config, options } = createWorld();
    const names = (share: number) => ({
      name: Array.from({ length: 6000 }, (_, i) => (i < 6000 * share ? 'new' : `n${i % 2 === 0 ? i : 0}`)),
    });
    const report = await new DriftMonitor(config, options).detectDrift({
      modelName: 'm',
      featureColumns: ['name'],
      baselineData: names(0),
      currentData: names(0.095),
    });
    expect(report.columns[0]).toMatchObject({ verdict: 'drifted', distance: { lower: expect.any(Number) as number } });
    expect(report.columns[0]!.distance!.lower).toBeLessThan(0.1);
    expect(report.columns[0]!.psi!.lower).toBeGreaterThan(0.25);
  });
});
