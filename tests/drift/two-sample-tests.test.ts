import { describe, expect, it } from 'vitest';
import {
  DriftMonitor,
  type DriftReport,
  andersonDarling,
  benjaminiHochberg,
  chiSquareContingency,
  cramerVonMises,
} from '@bondx/mlops';
import { createRandom } from '../../src/util/random.js';
import { createWorld, failure, smallRows } from '../helpers.js';

const all = [
  'ks_two_sample',
  'cramer_von_mises',
  'anderson_darling',
  'chi_square',
  'g_test',
  'permutation',
  'energy_distance',
  'classifier',
] as const;

const baselineData = smallRows(400);
const currentData = smallRows(300, { seed: 2, shift: 1 });

async function check(extra: object): Promise<DriftReport> {
  const { config, options } = createWorld();
  return new DriftMonitor(config, options).detectDrift({ modelName: 'spread', baselineData, currentData, ...extra });
}

const testsOf = (report: DriftReport, name: string) =>
  new Map(report.columns.find(({ column }) => column === name)!.tests!.map((test) => [test.name as string, test]));

/** Columns x and w that each keep their distribution; only their correlation is another. */
function pairs(count: number, seed: number, sign: 1 | -1): { x: number; w: number; kind: string }[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => {
    const x = random.next() - 0.5;
    return { x, w: sign * x + 0.05 * random.next(), kind: 'a' };
  });
}

describe('tests made beside a check', () => {
  it('permute at most a hundred thousand rows of a column, and do not hold the event loop for them', async () => {
    const categories = (count: number) => ({ kind: Array.from({ length: count }, (_, i) => `k${i % 3}`) });
    const tests = ['permutation', 'chi_square'] as const;
    const sides = (count: number) => ({ baselineData: categories(count), currentData: categories(count) });
    const many = await check({ featureColumns: ['kind'], ...sides(100_002), tests });
    expect([...testsOf(many, 'kind').keys()]).toEqual(['chi_square']);
    expect(many.columns[0]!.findings).toEqual([
      { kind: 'failed', message: expect.stringContaining('draws 100000 at most; chi_square is right') as string },
    ]);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const some = await check({ featureColumns: ['kind'], ...sides(9999), tests });
    clearInterval(timer);
    expect(testsOf(some, 'kind').get('permutation')!.pValue).toBe(1);
    expect(turns).toBeGreaterThan(3);
  });

  it('are those of the library, of each column those that fit it', async () => {
    const report = await check({ tests: all });
    const x = testsOf(report, 'x');
    expect([...x.keys()]).toEqual(['ks_two_sample', 'cramer_von_mises', 'anderson_darling']);
    const values = (rows: typeof baselineData) => Float64Array.from(rows.flatMap((row) => row.x ?? []));
    const [before, after] = [values(baselineData), values(currentData)];
    expect(x.get('cramer_von_mises')).toMatchObject(pick(cramerVonMises(before, after)));
    expect(x.get('anderson_darling')).toMatchObject(pick(andersonDarling([before, after])));
    expect(x.get('ks_two_sample')).toMatchObject(pick(report.columns.find(({ column }) => column === 'x')!.test!));
    const kind = testsOf(report, 'kind');
    expect([...kind.keys()]).toEqual(['chi_square', 'g_test', 'permutation']);
    const counts = (rows: typeof baselineData) =>
      [...new Set(baselineData.map((row) => row.kind))].map((kind) => rows.filter((row) => row.kind === kind).length);
    const table = [counts(baselineData), counts(currentData)];
    expect(kind.get('g_test')).toMatchObject(pick(chiSquareContingency(table, { statistic: 'gTest' })));
  });

  it('are adjusted over the columns that have them, and decide nothing', async () => {
    const [plain, report] = [await check({}), await check({ tests: ['cramer_von_mises'] })];
    const made = report.columns.flatMap(({ tests }) => tests!);
    expect(made.map(({ adjustedPValue }) => adjustedPValue)).toEqual(
      benjaminiHochberg(made.map(({ pValue }) => pValue)),
    );
    const without = report.columns.map(({ tests: _, ...column }) => column);
    expect(without).toEqual(plain.columns);
    expect(report.verdict).toBe(plain.verdict);
    expect(plain.inputs).not.toHaveProperty('tests');
    expect(report.inputs.tests).toEqual(['cramer_von_mises']);
  });

  it('see together what no column shows, as a finding of their own', async () => {
    const report = await check({
      baselineData: pairs(600, 1, 1),
      currentData: pairs(600, 2, -1),
      featureColumns: ['x', 'w', 'kind'],
      tests: ['energy_distance', 'classifier'],
    });
    expect(report.jointTests!.map(({ name, columns }) => [name, columns])).toEqual([
      ['energy_distance', ['x', 'w']],
      ['classifier', ['x', 'w', 'kind']],
    ]);
    for (const { adjustedPValue } of report.jointTests!) expect(adjustedPValue).toBeLessThanOrEqual(0.01);
    expect(report.findings.filter(({ kind }) => kind === 'joint_distribution_changed')).toHaveLength(2);
    expect(report).toMatchObject({ requiresRetraining: false, driftedFeatures: [] });
    const same = await check({
      baselineData: pairs(600, 1, 1),
      currentData: pairs(600, 2, 1),
      featureColumns: ['x', 'w'],
      tests: ['energy_distance', 'classifier'],
    });
    expect(same.findings).toEqual([]);
    for (const { pValue } of same.jointTests!) expect(pValue).toBeGreaterThan(0.01);
  });

  it('judge rows that are as far apart as doubles can be', async () => {
    const rows = (count: number, seed: number, far: number) =>
      pairs(count, seed, 1).map((row, i) => ({ ...row, x: row.x * 1e-200, w: i % 9 === 0 ? far : row.w }));
    const checked = async (far: number) =>
      (
        await check({
          baselineData: rows(300, 1, 1),
          currentData: rows(300, 2, far),
          featureColumns: ['x', 'w'],
          tests: ['energy_distance'],
        })
      ).jointTests![0]!;
    expect((await checked(1)).pValue).toBeGreaterThan(0.01);
    expect(await checked(1e300)).toMatchObject({ pValue: 1 / 200 });
    expect((await checked(1e300)).statistic).toBeGreaterThan(1e10);
  });

  it('are the same to the bit when the check is made again', async () => {
    const { config, options } = createWorld();
    const monitor = new DriftMonitor(config, options);
    const data = { baselineData, currentData };
    const { reportId } = await monitor.detectDrift({ modelName: 'spread', ...data, tests: all });
    expect(await monitor.recompute(reportId, data)).toMatchObject({ isIdentical: true, differences: [] });
  });

  it('that cannot be made are findings; the others are made', async () => {
    const few = smallRows(5).map((row) => ({ ...row, x: 1 }));
    const report = await check({ baselineData: few, currentData: few, tests: all });
    const messages = [...report.findings, ...report.columns.flatMap(({ findings }) => findings)].map(
      ({ message }) => message,
    );
    expect(messages).toContainEqual(expect.stringContaining('the test energy_distance could not be made: there are 5'));
    expect(messages).toContainEqual(expect.stringContaining('the test classifier could not be made'));
    expect(messages).toContainEqual(expect.stringContaining('the test anderson_darling could not be made'));
    expect(testsOf(report, 'x').get('ks_two_sample')!.pValue).toBe(1);
    expect(report).not.toHaveProperty('jointTests');
    const empty = await check({ currentData: currentData.map((row) => ({ ...row, x: null })), tests: all });
    expect(empty.columns.find(({ column }) => column === 'x')).not.toHaveProperty('tests');
  });

  const wrong: [string, object, string][] = [
    ['a misspelled name', { tests: ['cramer_von_mise'] }, 'did you mean "cramer_von_mises"?'],
    ['a name that is none', { tests: ['tea leaves'] }, 'there are ks_two_sample, cramer_von_mises'],
    ['no list', { tests: 'classifier' }, 'tests must be a list'],
    ['counts instead of rows', { tests: ['classifier'], streaming: true }, 'need the rows of both sides'],
    ['dependent rows', { tests: ['classifier'], clusterColumn: 'date' }, 'take rows for independent'],
  ];
  it.each(wrong)('are refused with %s', async (_what, extra, message) => {
    expect(await failure(check(extra))).toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(message) as string,
    });
  });
});

const pick = ({ statistic, pValue }: { readonly statistic: number; readonly pValue: number }) => ({
  statistic,
  pValue,
});
