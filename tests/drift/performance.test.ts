import { describe, expect, it } from 'vitest';
import { DriftMonitor, ModelRegistry, trainModel, type DriftReport, type Row } from '@bondx/mlops';
import { createRandom } from '../../src/util/random.js';
import { createWorld, smallRows } from '../helpers.js';

const featureColumns = ['x', 'kind'];

/** Predictions whose errors grow with x. */
const predicted = (rows: readonly Row[]): Row[] => {
  const random = createRandom(9);
  return rows.map((row) => ({ ...row, p: Number(row['y']) + (random.next() - 0.5) * Number(row['x'] ?? 5) }));
};

async function check(before: readonly Row[], after: readonly Row[], policy: object = {}): Promise<DriftReport> {
  const { config, options } = createWorld(policy);
  return new DriftMonitor(config, options).detectDrift({
    modelName: 'spread',
    baselineData: before,
    currentData: after,
    featureColumns,
    targetColumn: 'y',
    predictionColumn: 'p',
  });
}

const withoutLabels = (rows: readonly Row[]): Row[] => rows.map(({ y: _, ...row }) => row);

describe('performance', () => {
  it('is measured where there are labels', async () => {
    const before = predicted(smallRows(2000));
    const kept = await check(before, predicted(smallRows(2000, { seed: 2 })));
    expect(kept.performance).toMatchObject({ metric: 'mae', source: 'labels', verdict: 'kept' });
    const worse = await check(before, predicted(smallRows(2000, { seed: 2, shift: 6 })));
    expect(worse.performance).toMatchObject({ source: 'labels', verdict: 'dropped', rows: { baseline: 2000 } });
    expect(worse.performance!.drop.value).toBeGreaterThan(0.5);
    expect(worse.recommendations.at(-1)).toMatch(/mae dropped: .* before, .* now; worse by/);
    const better = await check(predicted(smallRows(2000, { seed: 2, shift: 6 })), before);
    expect(better.performance!.message).toMatch(
      /mae is kept: .* before, .* now; better by \d.*% \(\d.* to \d.*\), tolerance/,
    );
    const few = await check(before.slice(0, 60), predicted(smallRows(60, { seed: 2 })));
    expect(few.performance!.verdict).toBe('inconclusive');
    expect(JSON.parse(JSON.stringify(worse))).toEqual(worse);
  });

  it('is not estimated from a few current rows', async () => {
    const before = predicted(smallRows(2000));
    const now = (count: number) => withoutLabels(predicted(smallRows(count, { seed: 2 })));
    expect(await check(before, now(29))).not.toHaveProperty('performance');
    expect((await check(before, now(30))).performance).toMatchObject({ source: 'dle', rows: { current: 30 } });
    const probable = (rows: readonly Row[]) =>
      rows.map((row, i) => ({ ...row, p: (i % 10) / 10, y: i % 3 === 0 ? 1 : 0 }));
    const task = { models: { spread: { featureColumns, targetColumn: 'y', task: 'classification' } } };
    const one = await check(probable(before), withoutLabels(probable(before)).slice(0, 1), task);
    expect(one).not.toHaveProperty('performance');
  });

  it('says nothing good where a change cannot be put in relation to the baseline', async () => {
    const rows = (count: number, error: (i: number) => number, scale = 1): Row[] =>
      Array.from({ length: count }, (_, i) => ({
        x: i % 17,
        kind: 'a',
        p: scale * (i % 5),
        y: scale * ((i % 5) + error(i)),
      }));
    const verdict = async (before: Row[], after: Row[]) => (await check(before, after)).performance!;
    const exact = rows(300, () => 0);
    expect(await verdict(exact, exact)).toMatchObject({ verdict: 'kept', drop: { value: 0, lower: 0, upper: 0 } });
    const worse = await verdict(
      exact,
      rows(300, (i) => i % 3),
    );
    expect(worse).toMatchObject({ verdict: 'dropped', drop: { value: Number.MAX_VALUE, lower: Number.MAX_VALUE } });
    expect(
      await verdict(
        exact,
        rows(300, (i) => Number(i === 0)),
      ),
    ).toMatchObject({ verdict: 'inconclusive' });
    const huge = (error: number) => rows(300, (i) => error * (i % 3), 1e200);
    expect(await verdict(huge(0.01), huge(1))).toMatchObject({ verdict: 'inconclusive' });
  });

  it('of a regression is estimated directly where labels are missing: what the labels would have said is within', async () => {
    const before = predicted(smallRows(3000));
    // More rows of large x, within what the baseline has.
    const after = predicted(smallRows(6000, { seed: 2 })).filter((row, i) => Number(row['x'] ?? 0) > 5 || i % 8 === 0);
    const estimated = await check(before, withoutLabels(after));
    const measured = await check(before, after);
    expect(estimated.performance).toMatchObject({ source: 'dle', verdict: 'dropped' });
    const { lower, upper } = estimated.performance!.current;
    expect(measured.performance!.current.value).toBeGreaterThan(lower);
    expect(measured.performance!.current.value).toBeLessThan(upper);
    expect(upper - lower).toBeLessThan(0.3 * estimated.performance!.current.value);
  });

  it('of a classifier is estimated from its confidence where labels are missing', async () => {
    const draw = (seed: number, unsure: number): Row[] => {
      const random = createRandom(seed);
      return Array.from({ length: 3000 }, () => {
        const p = random.next() < unsure ? 0.3 + 0.4 * random.next() : random.next() < 0.5 ? 0.05 : 0.95;
        return { x: random.next(), kind: 'a', p, y: random.next() < p ? 1 : 0 };
      });
    };
    const policy = { models: { spread: { task: 'classification', featureColumns, targetColumn: 'y' } } };
    const after = draw(2, 0.8);
    const estimated = await check(draw(1, 0.2), withoutLabels(after), policy);
    const measured = await check(draw(1, 0.2), after, policy);
    expect(estimated.performance).toMatchObject({ metric: 'accuracy', source: 'cbpe', verdict: 'dropped' });
    expect(Object.keys(estimated.performance!.also)).toEqual(['precision', 'recall', 'f1_score']);
    const { lower, upper } = estimated.performance!.current;
    expect(measured.performance!.current.value).toBeGreaterThan(lower);
    expect(measured.performance!.current.value).toBeLessThan(upper);
    const booleans = (rows: readonly Row[]): Row[] => rows.map((row) => ({ ...row, y: row['y'] === 1 }));
    const said = await check(booleans(draw(1, 0.2)), booleans(after), policy);
    expect(said.performance).toEqual(measured.performance);
    expect((await check(booleans(draw(1, 0.2)), withoutLabels(after), policy)).performance).toEqual(
      estimated.performance,
    );
  });

  it('is left out where predictions are no probabilities, with the reason; the columns are judged', async () => {
    const policy = { models: { spread: { task: 'classification', featureColumns, targetColumn: 'y' } } };
    const rows = (seed: number): Row[] => smallRows(500, { seed }).map((row, i) => ({ ...row, y: i % 2, p: 3 }));
    const report = await check(rows(1), withoutLabels(rows(2)), policy);
    expect(report.performance).toBeUndefined();
    expect(report.findings.at(-1)).toMatchObject({ kind: 'failed' });
    expect(report.findings.at(-1)!.message).toContain('expected a probability');
    expect(report.columns).toHaveLength(3);
  });
});

describe('performance on a baseline that the version learned from', () => {
  /** Mostly noise, which a large tree learns by heart. */
  const noisy = (count: number, seed: number, task: 'regression' | 'classification'): Row[] => {
    const random = createRandom(seed);
    return Array.from({ length: count }, () => {
      const x = random.next();
      return { x, y: task === 'regression' ? x + random.next() : Number(random.next() < 0.3 + 0.4 * x) };
    });
  };

  it.each(['regression', 'classification'] as const)('is compared with what was registered: %s', async (task) => {
    const { config, options } = createWorld({ models: { spread: { featureColumns: ['x'], targetColumn: 'y', task } } });
    const rows = noisy(1500, 1, task);
    const trained = await trainModel(config, {
      modelType: 'spread',
      data: rows,
      algorithm: 'cart',
      hyperparameters: { max_depth: 30, min_samples_split: 2 },
    });
    await new ModelRegistry(config, options).register({
      modelName: 'spread',
      modelType: 'spread',
      featureColumns: ['x'],
      targetColumn: 'y',
      model: trained.model,
      performanceMetrics: trained.metrics,
    });
    const monitor = new DriftMonitor(config, options);
    const check = async (baselineData: Row[], currentData: Row[]) =>
      (await monitor.detectDrift({ modelName: 'spread', modelVersion: '1.0.0', baselineData, currentData }))
        .performance!;
    const metric = task === 'regression' ? 'mae' : 'accuracy';
    const now = noisy(30_000, 2, task);

    const measured = await check(rows, now);
    expect(measured).toMatchObject({ metric, source: 'labels', registered: trained.metrics[metric] });
    expect(measured.verdict).not.toBe('dropped');
    expect(measured.message).toContain('rows that the version learned from');
    expect(measured.drop.value).toBeCloseTo(
      (task === 'regression' ? 1 : -1) * (measured.current.value / trained.metrics[metric]! - 1),
      10,
    );
    // What is estimated from rows that it knows by heart is far too good.
    const estimated = await check(rows, withoutLabels(now));
    expect(estimated.verdict).toBe('inconclusive');
    expect(estimated.message).toContain('does not tell');

    const fresh = await check(noisy(2000, 3, task), now);
    expect(fresh).toMatchObject({ verdict: 'kept' });
    expect(fresh).not.toHaveProperty('registered');
  });
});

describe('root causes', () => {
  it('are the features that moved, by what they mean to the registered model', async () => {
    const { config, options } = createWorld();
    const noise = (rows: readonly Row[], shift: number): Row[] => {
      const random = createRandom(4);
      return rows.map((row) => ({ ...row, noise: random.next() + shift }));
    };
    const columns = ['x', 'kind', 'noise'];
    const before = noise(smallRows(2000), 0);
    const trained = await trainModel(config, { modelType: 'spread', data: before, featureColumns: columns });
    const registry = new ModelRegistry(config, options);
    await registry.register({
      modelName: 'spread',
      modelType: 'spread',
      featureColumns: columns,
      targetColumn: 'y',
      model: trained.model,
    });
    const report = await new DriftMonitor(config, options).detectDrift({
      modelName: 'spread',
      modelVersion: '1.0.0',
      baselineData: before,
      currentData: noise(smallRows(2000, { seed: 2, shift: 2 }), 5),
      featureColumns: columns,
    });
    // The noise moved further, but the model goes by x.
    expect(report.driftedFeatures).toEqual(['noise', 'x']);
    expect(report.rootCauses![0]).toMatchObject({ column: 'x' });
    expect(report.rootCauses![0]!.share).toBeGreaterThan(0.8);
    expect(report.rootCauses!.map(({ column }) => column)).not.toContain('kind');
    expect(report.performance).toMatchObject({ metric: 'mae', source: 'labels' });
  });
});
