import { describe, expect, it } from 'vitest';
import { MLOpsConfig, trainModel } from '@bondx/mlops';
import { toTable } from '../../../src/data/table.js';
import { ConstantModel } from '../../../src/models/constant-model.js';
import { numericTarget } from '../../../src/models/target.js';
import { holdoutMetrics } from '../../../src/retraining/holdout-metrics.js';
import { assessPerformance } from '../../../src/retraining/performance/assess-performance.js';
import { createRandom } from '../../../src/util/random.js';

const random = createRandom('errors');
const errors = (count: number, mean = 1): Float64Array =>
  Float64Array.from({ length: count }, () => -mean * Math.log(1 - random.next()));

/** What is said of a model that is off by these errors. */
const assess = (recent: Float64Array, metrics: Readonly<Record<string, number>>, threshold: number) =>
  assessPerformance({
    model: new ConstantModel(0),
    table: toTable({ y: recent }),
    targetColumn: 'y',
    timeColumn: null,
    metrics,
    threshold,
    random: random.split('bootstrap'),
  });

const registeredOn = (held: Float64Array, clusters?: Int32Array) =>
  holdoutMetrics('regression', held, new Float64Array(held.length), clusters);

describe('the performance of a version', () => {
  it('does not count as dropped because the few rows that it was registered on were lucky', async () => {
    const rounds = 300;
    const alarms = { known: 0, takenForExact: 0 };
    for (let i = 0; i < rounds; i++) {
      const { mae_standard_error: error, ...exact } = registeredOn(errors(100));
      const recent = errors(300);
      const isAlarm = async (metrics: Readonly<Record<string, number>>): Promise<boolean> =>
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
    const days = Int32Array.from({ length: holdout.rowCount }, (_, i) => Math.floor(i / 3));
    const actual = numericTarget(holdout, 'y');
    expect(metrics).toEqual(holdoutMetrics('regression', actual, model.predictBatch(holdout), days));
    expect(metrics['mae_standard_error']).toBeGreaterThan(0);
  });
});
