import { describe, expect, it } from 'vitest';
import { MLOpsConfig, trainModel } from '@bondx/mlops';
import { toTable } from '../../../src/data/table.js';
import { ConstantModel } from '../../../src/models/constant-model.js';
import { numericTarget } from '../../../src/models/target.js';
import { holdoutMetrics } from '../../../src/retraining/holdout-metrics.js';
import { assessPerformance } from '../../../src/retraining/performance/assess-performance.js';
import { recentLoss } from '../../../src/retraining/performance/recent-loss.js';
import { createRandom } from '../../../src/util/random.js';

type Metrics = Readonly<Record<string, number>>;
const random = createRandom('errors');
const errors = (count: number, mean = 1): Float64Array =>
  Float64Array.from({ length: count }, () => -mean * Math.log(1 - random.next()));

/** What is said of a model that is off by these errors, so many of each month. */
const assess = (recent: Float64Array, metrics: Metrics, threshold: number, perMonth?: number) =>
  assessPerformance({
    model: new ConstantModel(0),
    table: toTable({ y: recent, month: Float64Array.from(recent, (_, i) => Math.floor(i / (perMonth ?? 1))) }),
    targetColumn: 'y',
    timeColumn: perMonth === undefined ? null : 'month',
    metrics,
    threshold,
  });

const registeredOn = (held: Float64Array, codes?: Int32Array) =>
  holdoutMetrics('regression', held, new Float64Array(held.length), codes && { codes, count: new Set(codes).size });

describe('the performance of a version', () => {
  it('does not count as dropped because the few rows that it was registered on were lucky', async () => {
    const rounds = 300;
    const alarms = { known: 0, takenForExact: 0 };
    for (let i = 0; i < rounds; i++) {
      const { mae_standard_error: error, ...exact } = registeredOn(errors(50));
      const recent = errors(100);
      const isAlarm = async (metrics: Metrics): Promise<boolean> =>
        (await assess(recent, metrics, 0)).verdict === 'dropped';
      if (await isAlarm({ ...exact, mae_standard_error: error! })) alarms.known++;
      if (await isAlarm(exact)) alarms.takenForExact++;
    }
    // 2.5% of one-sided errors, and what small samples and chance add: three standard errors of 300 rounds are 2.7%.
    expect(alarms.known / rounds).toBeLessThan(0.06);
    expect(alarms.takenForExact / rounds).toBeGreaterThan(0.1);
  }, 120_000);

  it('has dropped, or is held, where that is beyond what both are known to', async () => {
    const metrics = registeredOn(errors(400));
    const dropped = await assess(errors(400, 1.6), metrics, 0.1);
    expect(dropped).toMatchObject({ verdict: 'dropped', registeredStandardError: metrics['mae_standard_error'] });
    expect(dropped.reason).toMatch(/^mae is .* on 400 rows, tolerated is [\d.]+ \([\d.]+ to [\d.]+\)$/);
    expect((await assess(errors(400, 0.7), metrics, 0.1)).verdict).toBe('held');
    expect((await assess(errors(400, 0.7), { ...metrics, mae_standard_error: 1 }, 0.1)).verdict).toBe('inconclusive');
  });
});

describe('errors of one month that go together', () => {
  /** Months that differ by a fifth or so. */
  const months = (count: number): Float64Array => {
    const all: number[] = [];
    for (let i = 0; i < count; i++) all.push(...errors(100, 0.7 + 0.6 * random.next()));
    return Float64Array.from(all);
  };
  const codes = (count: number): Int32Array => Int32Array.from({ length: 100 * count }, (_, i) => Math.floor(i / 100));

  it.each([1, 3])(
    'are no drop where months differed as much before: %d of them',
    async (recent) => {
      const rounds = 400;
      const alarms = { asMonths: 0, asRows: 0 };
      for (let i = 0; i < rounds; i++) {
        const held = months(5);
        const now = months(recent);
        if ((await assess(now, registeredOn(held, codes(5)), 0, 100)).verdict === 'dropped') alarms.asMonths++;
        if ((await assess(now, registeredOn(held), 0, 100)).verdict === 'dropped') alarms.asRows++;
      }
      expect(alarms.asMonths / rounds).toBeLessThan(0.05); // 2.5%, and three standard errors of 400 rounds
      // Several tell by themselves how they differ; a single one does not.
      if (recent > 1) expect(alarms.asRows / rounds).toBeLessThan(0.05);
      else expect(alarms.asRows / rounds).toBeGreaterThan(0.1);
    },
    120_000,
  );

  it('are one where they are worse than those have differed', async () => {
    const metrics = registeredOn(months(8), codes(8));
    const worse = months(2).map((error) => 2.5 * error);
    const report = await assess(worse, metrics, 0.1, 100);
    expect(report).toMatchObject({ verdict: 'dropped', rows: 200 });
    expect(report.reason).toContain('on 200 rows of 2 time stamps');
    expect(
      (
        await assess(
          months(9).map((error) => 0.3 * error),
          metrics,
          0.1,
          100,
        )
      ).verdict,
    ).toBe('held');
    const few = await assess(months(1), { ...metrics, mae_standard_error: 1, mae_time_stamps: 2 }, 0.1, 100);
    expect(few).toMatchObject({ verdict: 'inconclusive', lower: 0 });
    expect(few.reason).toMatch(/ \(0 to [\d.]+\) .* \(0 to [\d.]+\)$/);
    // What the interval says of a month: the t test of SciPy over the means of months of equal size.
    const [held, now] = [Float64Array.of(1, 2, 3, 6, 5, 7, 2, 2), Float64Array.of(9, 9)];
    const known = registeredOn(held, Int32Array.of(0, 0, 1, 1, 2, 2, 3, 3));
    const { lower, upper } = recentLoss(
      now,
      { codes: Int32Array.of(0, 0), count: 1 },
      { value: known['mae']!, variance: known['mae_standard_error']! ** 2, timeStamps: 4 },
    );
    // means 1.5, 4.5, 6, 2: s² = 13.5/3 = 4.5; 97.5% of t with 3 degrees of freedom is 3.182446305284263
    const margin = 3.182446305284263 * Math.sqrt(4.5);
    expect(lower).toBeCloseTo(9 - margin, 7);
    expect(upper).toBeCloseTo(9 + margin, 7);
  });
});

describe('a loss that doubles over night', () => {
  it('has dropped long before it fills the recent days', async () => {
    const perDay = 60;
    const held = errors(20 * perDay);
    const metrics = registeredOn(
      held,
      Int32Array.from(held, (_, i) => Math.floor(i / perDay)),
    );
    const recent = Float64Array.of(...errors(18 * perDay), ...errors(12 * perDay, 2));
    expect((await assess(recent, metrics, 0.1, perDay)).verdict).toBe('dropped');
  });
});

describe('the metrics of rows held back', () => {
  it('tell how well the mean loss is known, dates taken together', () => {
    const held = errors(60);
    const mean = held.reduce((sum, value) => sum + value, 0) / 60;
    const variance = held.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 59;
    const { mae, mae_standard_error: error } = registeredOn(held);
    expect(mae).toBeCloseTo(mean, 12);
    expect(error).toBeCloseTo(Math.sqrt(variance / 60), 12);
    // Ten copies of each row say nothing new.
    const copies = Float64Array.from({ length: 600 }, (_, i) => held[i % 60]!);
    const clusters = Int32Array.from({ length: 600 }, (_, i) => i % 60);
    expect(registeredOn(copies, clusters)['mae_standard_error']).toBeCloseTo(error!, 12);
    expect(registeredOn(copies)['mae_standard_error']).toBeLessThan(error! / 3);
    expect(Object.keys(registeredOn(errors(1)))).not.toContain('mae_standard_error');
    const [truth, said] = [Float64Array.of(0, 1, 1), Float64Array.of(0.2, 0.6, 0.9)];
    expect(holdoutMetrics('classification', truth, said, undefined)['log_loss_standard_error']).toBeGreaterThan(0);
  });

  it('are those of a model that was trained', async () => {
    const config = MLOpsConfig.fromObject({
      models: { spread: { featureColumns: ['x'], targetColumn: 'y', algorithm: 'cart', timeColumn: 'day' } },
    });
    const rows = errors(300).map((error, i) => error + i / 10);
    const day = Array.from(rows, (_, i) => new Date(86_400_000 * Math.floor(i / 3)).toISOString());
    const data = toTable({ x: Float64Array.from(rows, (_, i) => i % 7), y: rows, day });
    const { metrics, holdout, model } = await trainModel(config, { modelType: 'spread', data });
    const codes = Int32Array.from({ length: holdout.rowCount }, (_, i) => Math.floor(i / 3));
    const days = { codes, count: Math.ceil(holdout.rowCount / 3) };
    const actual = numericTarget(holdout, 'y');
    expect(metrics).toEqual(holdoutMetrics('regression', actual, model.predictBatch(holdout), days));
    expect(metrics['mae_standard_error']).toBeGreaterThan(0);
  });
});
