import { beforeAll, describe, expect, it } from 'vitest';
import {
  DriftMonitor,
  ExperimentTracker,
  ModelRegistry,
  RetrainPipeline,
  type Table,
  readCsv,
  trainModel,
} from '@bondx/mlops';
import { metricsOf, numericTarget } from '../../src/models/metrics/metrics-of.js';
import { createRandom, shuffle } from '../../src/util/random.js';
import { createWorld } from '../helpers.js';

// US Treasury notes and bonds at month-ends, 2010–2012: see examples/data.
const featureColumns = ['coupon_rate', 'maturity_years', 'age_years', 'term', 'issue_size_bn', 'benchmark_yield'];
let bonds: Table;
beforeAll(async () => {
  bonds = await readCsv('examples/data/bonds-monthly-2010-2012.csv');
});

/** Month-ends from one month up to, not including, another. */
function months(from: string, to: string): Table {
  const date = bonds.column('date');
  if (date.kind !== 'date') throw new Error('the panel has a date column');
  const [begin, end] = [Date.parse(from), Date.parse(to)];
  return bonds.take([...date.values.keys()].filter((row) => date.values[row]! >= begin && date.values[row]! < end));
}

/** A model of 2010–11 in production. */
async function inProduction(models: object = {}) {
  const world = createWorld({
    models: { spread: { featureColumns, targetColumn: 'spread_bps', algorithm: 'cart', ...models } },
    retraining: { testSize: 0.12, maxIterations: 9, crossValidationFolds: 3 },
    tracking: { logGitSha: true, logEnvironment: false },
  });
  const { config, options } = world;
  const tracker = new ExperimentTracker(config, options);
  const registry = new ModelRegistry(config, options);
  const monitor = new DriftMonitor(config, options);
  const pipeline = new RetrainPipeline(config, tracker, registry);
  const trained = await trainModel(config, { modelType: 'spread', data: months('2010-01', '2012-01') });
  const { model, targetColumn, metrics, trainingData } = trained;
  const about = { modelName: 'spread', modelType: 'spread', featureColumns, targetColumn };
  await registry.register({ ...about, model, performanceMetrics: metrics, trainingData });
  for (const targetStage of ['staging', 'production'] as const) {
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage });
  }
  return { ...world, registry, monitor, pipeline, metrics, tracker };
}

const alarmOf = (monitor: DriftMonitor, baselineData: Table, currentData: Table) =>
  monitor.detectDrift({ modelName: 'spread', modelVersion: '1.0.0', baselineData, currentData });

describe('the loop on real data', () => {
  it('follows an alarm to a version that wins on a period it never saw, with complete lineage', async () => {
    const { registry, monitor, pipeline, metrics } = await inProduction();
    const first = months('2010-01', '2012-01');
    const report = await alarmOf(monitor, first, months('2012-01', '2012-04'));
    expect(report.requiresRetraining).toBe(true);
    const mae = async (version: string, data: Table): Promise<number> => {
      const model = await registry.loadModel('spread', { version });
      return metricsOf('regression', numericTarget(data, 'spread_bps'), model.predictBatch(data))['mae']!;
    };
    expect(await mae('1.0.0', months('2012-01', '2012-04'))).toBeGreaterThan(1.1 * metrics['mae']!); // monitoring.performance_drop_threshold is 0.1

    const data = months('2010-01', '2012-04');
    const result = await pipeline.triggerRetraining(report, data);
    expect(result).toMatchObject({ status: 'registered', newModelVersion: '1.1.0' });
    expect(result.challenge!.comparison!.upper).toBeLessThan(0);
    expect(result.tuning!.loss).toBeLessThanOrEqual(result.tuning!.defaultLoss);
    expect(result.crossValidation).toMatchObject({ folds: 3, method: 'forward_chaining' });

    const later = months('2012-04', '2013-01'); // neither trained on nor held out
    expect(await mae('1.1.0', later)).toBeLessThan(await mae('1.0.0', later));

    const version = await registry.getModelVersion('spread', { version: '1.1.0' });
    const { steps, dataDigest, plan } = await pipeline.getRetraining(result.retrainingId!);
    expect(dataDigest).toBe(data.digest());
    expect(version).toMatchObject({
      runId: result.runId,
      origin: {
        driftReportId: report.reportId,
        championVersion: '1.0.0',
        retrainingId: result.retrainingId,
        trigger: 'drift',
        codeCommit: plan.codeCommit,
      },
      hyperparameters: { algorithm: 'cart', ...result.tuning!.hyperparameters },
    });
    expect(plan.codeCommit).toMatch(/^[0-9a-f]{40}$/);
    const split = steps.find(({ name }) => name === 'split')!.output as { train: { digest: string } };
    expect(version.trainingData!.digest).toBe(split.train.digest);
  });

  it('retrains nothing in a quiet period', async () => {
    const { registry, monitor, pipeline } = await inProduction();
    // Two halves of one period: every second bond of 2011 against the others.
    const year = months('2011-01', '2012-01');
    const rows = Array.from({ length: year.rowCount }, (_, row) => row);
    const [even, odd] = [0, 1].map((rest) => year.take(rows.filter((row) => row % 2 === rest)));
    const report = await alarmOf(monitor, even!, odd!);
    expect(report.requiresRetraining).toBe(false);
    let asked = 0;
    const result = await pipeline.triggerRetraining(report, () => Promise.resolve((asked++, year)));
    expect(result).toMatchObject({ status: 'skipped', skipped: 'not_required' });
    expect(asked).toBe(0);
    expect((await pipeline.listRetrainings()).retrainings).toEqual([]);
    expect((await registry.listModels()).versions).toHaveLength(1);
  });

  it('refuses shuffled labels', async () => {
    const { registry, monitor, pipeline } = await inProduction();
    const report = await alarmOf(monitor, months('2010-01', '2012-01'), months('2012-01', '2012-04'));
    const data = months('2010-01', '2012-04');
    const order = Int32Array.from({ length: data.rowCount }, (_, row) => row);
    shuffle(order, createRandom(3));
    const poisoned = data.withColumn(data.select(['spread_bps']).take(order).column('spread_bps'));
    const result = await pipeline.triggerRetraining(report, poisoned);
    expect(result).toMatchObject({ success: false, status: 'rejected' });
    expect(result.findings).toContainEqual(expect.objectContaining({ check: 'shuffled_labels', severity: 'blocking' }));
    expect((await registry.listModels()).versions).toHaveLength(1);
    const { status, result: recorded } = await pipeline.getRetraining(result.retrainingId!);
    expect({ status, recorded }).toEqual({ status: 'rejected', recorded: result });
  });

  it('refuses the yield beside the benchmark: their difference is the spread', async () => {
    const { pipeline } = await inProduction({ leakingColumns: ['clean_price'] });
    const cause = { modelName: 'spread', featureColumns: [...featureColumns, 'ytm', 'clean_price'] };
    const result = await pipeline.triggerRetraining(cause, months('2010-01', '2012-04'), { trigger: 'manual' });
    expect(result).toMatchObject({ status: 'rejected', trainingTimeSeconds: 0 });
    const blocking = result.findings!.filter(({ severity }) => severity === 'blocking');
    expect(blocking.map(({ check, column }) => [check, column])).toEqual([
      ['leaking_column', 'clean_price'],
      ['leakage', 'benchmark_yield'],
    ]);
    expect(blocking[1]!.message).toContain('benchmark_yield and ytm together');
  });
});
