import { describe, expect, it } from 'vitest';
import {
  Alerts,
  DriftMonitor,
  ExperimentTracker,
  ModelRegistry,
  RetrainPipeline,
  readCsv,
  type DriftReport,
  type Row,
} from '@bondx/mlops';
import { ConstantModel } from '../../src/models/constant-model.js';
import { createRandom } from '../../src/util/random.js';
import { createWorld, failure, smallRows } from '../helpers.js';

const featureColumns = ['x', 'kind'];
const columnOf = (report: DriftReport, name: string) => report.columns.find(({ column }) => column === name)!;

async function check(
  baselineData: readonly Row[],
  currentData: readonly Row[],
  extra: object = {},
): Promise<DriftReport> {
  const { config, options } = createWorld();
  return new DriftMonitor(config, options).detectDrift({
    modelName: 'spread',
    baselineData,
    currentData,
    featureColumns,
    targetColumn: 'y',
    ...extra,
  });
}

/** Alerts that have looked at what is stored. */
async function scanned(...given: ConstructorParameters<typeof Alerts>): Promise<Alerts> {
  const alerts = new Alerts(...given);
  await alerts.scan();
  return alerts;
}

describe('detectDrift', () => {
  it('finds a shifted feature and leaves the others alone', async () => {
    const report = await check(smallRows(3000), smallRows(3000, { seed: 2, shift: 3 }));
    expect(report).toMatchObject({ verdict: 'drifted', requiresRetraining: true, driftedFeatures: ['x'] });
    expect(columnOf(report, 'kind').verdict).toBe('stable');
    expect(report.overallDriftScore).toBe(columnOf(report, 'x').distance!.value);
    expect(columnOf(report, 'x').test!.adjustedPValue).toBeLessThan(1e-10);
    expect(report.recommendations[0]).toContain('inputs moved (x)');
  });

  it('calls the same data stable', async () => {
    const rows = smallRows(3000);
    expect(await check(rows, rows)).toMatchObject({
      verdict: 'stable',
      requiresRetraining: false,
      driftedFeatures: [],
    });
  });

  it('says that it does not know when there is too little data', async () => {
    const report = await check(smallRows(40), smallRows(40, { seed: 2 }));
    expect(report).toMatchObject({ verdict: 'inconclusive', requiresRetraining: false });
    expect(report.recommendations.at(-1)).toContain('collect more rows');
    const x = columnOf(report, 'x');
    expect(x.needs!.rows).toBeGreaterThan(40);
    expect(x.message).toMatch(/too little data to tell.*; needs some \d+ /);
  });

  it('says how many rows it takes, and then tells', async () => {
    // Evenly spread over 100, and moved: of so few rows a bound of the distance is cut off at 0.
    const of = (count: number, shift: number) =>
      Array.from({ length: count }, (_, i) => ({ x: (100 * (i + 0.5)) / count + shift }));
    const options = { featureColumns: ['x'], targetColumn: undefined };
    for (const shift of [22, 30]) {
      const needs = columnOf(await check(of(20_000, 0), of(20, shift), options), 'x').needs!;
      const verdict = async (rows: number) =>
        columnOf(await check(of(20_000, 0), of(rows, shift), options), 'x').verdict;
      expect(await verdict(Math.ceil(needs.rows * 1.5))).not.toBe('inconclusive');
      expect(await verdict(Math.floor(needs.rows / 2))).toBe('inconclusive');
    }
  });

  it('promises no number of rows where every row has another category', async () => {
    const keys = (side: string, count: number) => Array.from({ length: count }, (_, i) => ({ kind: `${side}${i}` }));
    const options = { featureColumns: ['kind'], targetColumn: undefined };
    for (const count of [200, 2000]) {
      const kind = columnOf(await check(keys('a', 2000), keys('b', count), options), 'kind');
      expect(kind).toMatchObject({ verdict: 'inconclusive', distance: { lower: 0 } });
      expect(kind.distance!.value).toBeCloseTo(1);
      expect(kind.needs).toBeUndefined();
    }
  });

  it('does not mistake a tiny difference in huge data for drift', async () => {
    const report = await check(smallRows(50_000), smallRows(50_000, { seed: 2, shift: 0.3 }));
    const x = columnOf(report, 'x');
    expect(x.test!.pValue).toBeLessThan(1e-10);
    expect(x.verdict).toBe('stable');
  });

  it('names the stability index where that alone is behind the verdict', async () => {
    const rows = (rare: number) =>
      Array.from({ length: 20_000 }, (_, i) => ({ kind: i % 1000 < rare ? 'rare' : 'common' }));
    const report = await check(rows(1), rows(90), { featureColumns: ['kind'], targetColumn: undefined });
    const drifted = columnOf(report, 'kind');
    expect(drifted).toMatchObject({ verdict: 'drifted' });
    expect(drifted.distance!.upper).toBeLessThan(drifted.tolerance);
    expect(drifted.message).toMatch(
      /^kind drifted: stability index 0\.\d+ \(0\.\d+ to 0\.\d+\), threshold 0\.25; total variation 0\.089 \(.*\), tolerance 0\.1$/,
    );
  });

  it('raises a false alarm in less than 5% of reports when nothing drifted', async () => {
    let alarms = 0;
    for (let seed = 0; seed < 200; seed++) {
      const report = await check(smallRows(300, { seed: 2 * seed + 1 }), smallRows(100, { seed: 2 * seed + 2 }));
      if (report.requiresRetraining) alarms++;
    }
    expect(alarms).toBeLessThanOrEqual(10);
  });

  it('is the same to the bit when repeated', async () => {
    const [a, b] = [
      await check(smallRows(500), smallRows(500, { seed: 2 })),
      await check(smallRows(500), smallRows(500, { seed: 2 })),
    ];
    expect(JSON.stringify(a)).toBe(JSON.stringify(b));
  });

  it('is strict JSON, frozen', async () => {
    const report = await check(smallRows(100), smallRows(100, { seed: 2 }));
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(Object.isFrozen(report.columns[0])).toBe(true);
  });

  it('isolates an empty, a constant, an all-NaN and a mixed column from the other six', async () => {
    const random = createRandom(5);
    const rows = (shift: number): Row[] =>
      Array.from({ length: 4000 }, (_, i) => ({
        ...Object.fromEntries(Array.from({ length: 6 }, (__, c) => [`c${c}`, random.next() + shift])),
        empty: null,
        constant: 7,
        nan: NaN,
        mixed: i % 2 === 0 ? 'text' : 1,
      }));
    const columns = [...Array.from({ length: 6 }, (_, c) => `c${c}`), 'empty', 'constant', 'nan', 'mixed'];
    const report = await check(rows(0), rows(0), { featureColumns: columns, targetColumn: undefined });
    expect(Object.fromEntries(report.columns.map(({ column, verdict }) => [column, verdict]))).toEqual({
      c0: 'stable',
      c1: 'stable',
      c2: 'stable',
      c3: 'stable',
      c4: 'stable',
      c5: 'stable',
      empty: 'not_assessed',
      constant: 'stable',
      nan: 'not_assessed',
      mixed: 'stable',
    });
    expect(columnOf(report, 'empty').findings).toMatchObject([{ kind: 'no_values' }]);
    expect(report.verdict).toBe('inconclusive');
  });

  it('reports new and vanished categories, changed types, missing values and ranges', async () => {
    const before = smallRows(2000);
    const after = smallRows(2000, { seed: 2 }).map((row, i) => ({
      ...row,
      kind: row.kind === 'BOND' ? 'TIPS' : row.kind,
      x: i % 2 === 0 ? null : 50,
      y: i % 3 === 0 ? 'high' : 'low',
    }));
    const report = await check(before, after);
    expect(columnOf(report, 'kind').findings.map(({ kind }) => kind)).toEqual([
      'new_categories',
      'vanished_categories',
    ]);
    expect(columnOf(report, 'x').findings.map(({ kind }) => kind)).toEqual([
      'missing_rate_changed',
      'range_exceeded',
      'constant',
    ]);
    expect(columnOf(report, 'y').findings).toMatchObject([{ kind: 'type_changed' }]);
  });

  it('takes infinities as they come: a finding, not a failure', async () => {
    const after = smallRows(2000, { seed: 2 }).map((row, i) =>
      i % 50 === 0 ? { ...row, x: i % 100 === 0 ? Infinity : -Infinity } : row,
    );
    const report = await check(smallRows(2000), after);
    expect(columnOf(report, 'x')).toMatchObject({
      verdict: 'stable',
      findings: [{ kind: 'infinite_values' }, { kind: 'range_exceeded' }],
    });
    expect(columnOf(report, 'x').wasserstein).toBeUndefined();
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    const both = await check(after, after);
    expect(columnOf(both, 'x').verdict).toBe('stable');
  });

  it('finds a column that is gone', async () => {
    const after = smallRows(500, { seed: 2 }).map(({ date, kind, y }) => ({ date, kind, y }));
    const report = await check(smallRows(500), after);
    expect(columnOf(report, 'x')).toMatchObject({
      verdict: 'not_assessed',
      findings: [{ kind: 'column_disappeared' }],
    });
    const reversed = await check(after, smallRows(500));
    expect(columnOf(reversed, 'x').findings).toMatchObject([{ kind: 'column_appeared' }]);
  });

  it('refuses a column that neither side has, naming the nearest', async () => {
    expect((await failure(check(smallRows(50), smallRows(50), { targetColumn: 'yy' }))).message).toContain('"yy"');
    expect(await failure(check(smallRows(50), smallRows(50), { featureColumns: [] }))).toMatchObject({
      code: 'INVALID_INPUT',
    });
    expect(await failure(check(smallRows(50), smallRows(50), { featureColumns: ['x', 'knid'] }))).toMatchObject({
      ...{ code: 'INVALID_INPUT', message: expect.stringContaining('did you mean "kind"?') as string },
    });
    expect((await check([], [], { targetColumn: undefined })).verdict).toBe('not_assessed'); // no data at all
  });

  it('of one moment are listed the last first, and the last is what is alerted and retrained by', async () => {
    const { config, options } = createWorld(); // whose clock stands still
    const monitor = new DriftMonitor(config, options);
    const made: string[] = [];
    for (const shift of [0, 3, 0, 3]) {
      const { reportId } = await monitor.detectDrift({
        modelName: 'spread',
        baselineData: smallRows(2000),
        currentData: smallRows(2000, { seed: 2, shift }),
        featureColumns: ['x'],
      });
      made.unshift(reportId);
      expect((await monitor.listReports()).reports.map((report) => report.reportId)).toEqual(made);
      const [due] = await new RetrainPipeline(
        config,
        new ExperimentTracker(config, options),
        new ModelRegistry(config, options),
      ).runDue({ models: [{ modelName: 'spread', trainingData: () => Promise.reject(new Error('away')) }] });
      expect(due!.trigger).toBe(shift === 0 ? null : 'drift');
      const { alerts } = await (await scanned(config, options)).list({ status: 'open', modelName: 'spread' });
      expect(alerts.filter(({ source }) => source === 'drift')).toHaveLength(shift === 0 ? 0 : 1);
    }
  });

  it('follows the section of the type that a version was registered with', async () => {
    const driftThresholds = { featureDriftThreshold: 0.99, targetDriftThreshold: 0.99 };
    const { config, options } = createWorld({
      models: { credit: { driftThresholds }, other: {} },
      drift: { psiThreshold: 100 },
    });
    await new ModelRegistry(config, options).registerModel({
      modelName: 'retail',
      modelType: 'credit',
      model: new ConstantModel(10),
      featureColumns: ['x'],
      targetColumn: 'y',
    });
    const detect = (extra: object) =>
      new DriftMonitor(config, options).detectDrift({
        modelName: 'retail',
        baselineData: smallRows(3000),
        currentData: smallRows(3000, { seed: 2, shift: 3 }),
        ...extra,
      });
    const registered = await detect({ modelVersion: '1.0.0' });
    expect(registered.columns.map(({ tolerance }) => tolerance).slice(0, 2)).toEqual([0.99, 0.99]);
    expect(registered.driftedFeatures).toEqual([]);
    expect((await detect({ modelVersion: '1.0.0', modelType: 'other' })).driftedFeatures).toEqual(['x']);
    expect((await detect({ featureColumns: ['x'] })).driftedFeatures).toEqual(['x']); // of no version
  });

  it('follows thresholds of the policy and of the model', async () => {
    const [before, after] = [smallRows(3000), smallRows(3000, { seed: 2, shift: 3 })];
    const detect = async (policy: object): Promise<DriftReport> => {
      const { config, options } = createWorld(policy);
      return new DriftMonitor(config, options).detectDrift({
        modelName: 'spread',
        baselineData: before,
        currentData: after,
        featureColumns: ['x'],
      });
    };
    expect((await detect({})).driftedFeatures).toEqual(['x']);
    expect((await detect({ drift: { featureDriftThreshold: 0.9, psiThreshold: 100 } })).driftedFeatures).toEqual([]);
    expect((await detect({ drift: { featureDriftThreshold: 0.9, psiThreshold: 0.25 } })).driftedFeatures).toEqual([
      'x',
    ]);
    const own = {
      models: { spread: { driftThresholds: { featureDriftThreshold: 0.9 } } },
      drift: { psiThreshold: 100 },
    };
    expect((await detect(own)).driftedFeatures).toEqual([]);
    const ofColumn = {
      models: { spread: { driftThresholds: { columns: { x: 0.9 } } } },
      drift: { psiThreshold: 100 },
    };
    expect((await detect(ofColumn)).driftedFeatures).toEqual([]);
    const wide = await detect({ drift: { ksTestThreshold: 0.0001 } });
    expect(wide.inputs).toMatchObject({ alpha: 0.0001, driftError: 0.0001 }); // both columns drifted
  });
});

describe('target and residual drift', () => {
  it('see a changed relation that no feature shows', async () => {
    const predicted = (rows: readonly Row[]): Row[] =>
      rows.map((row) => ({ ...row, p: 2 * Number(row['x'] ?? 5) + (row['kind'] === 'BOND' ? 5 : 0) }));
    const report = await check(predicted(smallRows(3000)), predicted(smallRows(3000, { seed: 2, slope: 3 })), {
      predictionColumn: 'p',
    });
    expect(report.driftedFeatures).toEqual([]);
    expect(columnOf(report, 'y')).toMatchObject({ role: 'target', verdict: 'drifted' });
    expect(columnOf(report, 'residuals')).toMatchObject({ role: 'residual', verdict: 'drifted' });
    expect(report.requiresRetraining).toBe(true);
  });

  it.each([
    ['is gone', () => ({}), 'column_disappeared'],
    ['holds texts', () => ({ p: 'high' }), 'type_changed'],
  ] as const)('do not pass where the column of predictions %s', async (_case, spoil, kind) => {
    const rows = (seed: number) => smallRows(3000, { seed }).map((row) => ({ ...row, p: 2 * (row.x ?? 5) }));
    const spoilt = rows(2).map(({ p: _, ...row }) => ({ ...row, ...spoil() }));
    const report = await check(rows(1), spoilt, { predictionColumn: 'p' });
    expect(columnOf(report, 'y').verdict).toBe('stable');
    expect(columnOf(report, 'residuals')).toMatchObject({ role: 'residual', verdict: 'not_assessed' });
    expect(report.verdict).toBe('inconclusive');
    expect(report.findings).toMatchObject([{ kind, message: expect.stringContaining('p') as string }]);
    await expect(check(spoilt, spoilt, { predictionColumn: 'p' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('say why there are none of a target of texts', async () => {
    const rows = smallRows(500).map((row) => ({ ...row, p: 0.5, y: row.kind === 'BOND' ? 'yes' : 'no' }));
    const { findings } = await check(rows, rows, { predictionColumn: 'p' });
    expect(findings.map(({ message }) => message).join()).toContain('a target must be numeric, or false and true');
  });

  it.each([
    ['false and true', Boolean],
    ['False and True', (hit: boolean) => (hit ? 'True' : 'False')],
  ] as const)('take a target of %s for 0 and 1', async (_spelling, spell) => {
    const outcomes = (share: number): Row[] =>
      Array.from({ length: 2000 }, (_, i) => ({
        x: i % 10,
        kind: 'a',
        p: 0.5,
        y: spell((i * 7919) % 2000 < 2000 * share),
      }));
    const report = await check(outcomes(0.5), outcomes(0.9), { predictionColumn: 'p' });
    expect(columnOf(report, 'residuals')).toMatchObject({ role: 'residual', kind: 'numeric', verdict: 'drifted' });
    expect(columnOf(report, 'residuals').distance!.value).toBeCloseTo(0.4, 2);
  });

  it('use the registered model, and become evidence on its version', async () => {
    const { config, options } = createWorld({
      promotion: {
        maxDrift: 0.05,
        requireSecurityScan: false,
        requireExplainability: false,
        requireFeatureImportance: false,
        requireBiasTesting: false,
        requireComplianceCheck: false,
        minAccuracy: 0,
      },
    });
    const registry = new ModelRegistry(config, options);
    await registry.register({
      modelName: 'spread',
      modelType: 'spread',
      featureColumns,
      targetColumn: 'y',
      model: new ConstantModel(10),
      performanceMetrics: { r2_score: 0.5 },
    });
    const monitor = new DriftMonitor(config, options);
    const report = await monitor.detectDrift({
      modelName: 'spread',
      modelVersion: '1.0.0',
      baselineData: smallRows(2000),
      currentData: smallRows(2000, { seed: 2, shift: 4 }),
    });
    expect(columnOf(report, 'residuals').verdict).toBe('drifted');
    const { evidence } = await registry.getModelVersion('spread', { version: '1.0.0' });
    expect(evidence.drift).toMatchObject({ passed: false, detail: { reportId: report.reportId } });
    expect((await registry.checkGates('spread', '1.0.0')).find(({ gate }) => gate === 'max_drift')).toMatchObject({
      status: 'failed',
    });
    expect(await monitor.getReport(report.reportId)).toEqual(report);
    expect((await monitor.listReports({ modelName: 'spread' })).reports).toHaveLength(1);
    expect(await failure(monitor.getReport('none'))).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('on Treasury bonds', () => {
  it('sees yields halve from 2010–11 to 2012 and maturities stay', async () => {
    const bonds = await readCsv('examples/data/bonds-monthly-2010-2012.csv');
    const date = bonds.column('date');
    const rows = (from: string, to: string): number[] =>
      [...(date.kind === 'date' ? date.values : []).entries()]
        .filter(([, at]) => at >= Date.parse(from) && at < Date.parse(to))
        .map(([row]) => row);
    const { config, options } = createWorld();
    const report = await new DriftMonitor(config, options).detectDrift({
      modelName: 'bonds',
      baselineData: bonds.take(rows('2010', '2012')),
      currentData: bonds.take(rows('2012', '2013')),
      featureColumns: ['ytm', 'maturity_years'],
    });
    expect(columnOf(report, 'ytm')).toMatchObject({ verdict: 'drifted' });
    expect(columnOf(report, 'ytm').distance!.value).toBeCloseTo(0.26, 2);
    expect(columnOf(report, 'maturity_years')).toMatchObject({ verdict: 'stable' });
    expect(columnOf(report, 'maturity_years').distance!.value).toBeCloseTo(0.04, 2);
  });

  it('flags no quarter against the next in what does not follow the market, each bond counted for what it adds', async () => {
    const bonds = await readCsv('examples/data/bonds-monthly-2010-2012.csv');
    const date = bonds.column('date');
    const times = [...(date.kind === 'date' ? date.values : [])];
    const { config, options } = createWorld();
    const monitor = new DriftMonitor(config, options);
    const quarter = (i: number) => {
      const [from, to] = [Date.UTC(2010, 3 * i, 1), Date.UTC(2010, 3 * i + 3, 1)];
      return bonds.take([...times.keys()].filter((row) => times[row]! >= from && times[row]! < to));
    };
    for (let i = 0; i < 11; i++) {
      const report = await monitor.detectDrift({
        modelName: 'bonds',
        baselineData: quarter(i),
        currentData: quarter(i + 1),
        featureColumns: ['coupon_rate', 'maturity_years', 'age_years', 'security_type', 'term', 'issue_size_bn'],
        clusterColumn: 'security_id',
      });
      expect(report.driftedFeatures, `quarter ${i}`).toEqual([]);
    }
  });
});
