import { join } from 'node:path';
import { ExperimentTracker, MLOpsConfig, createRandom, openFilesystemStorage } from '@bondx/mlops';
import type { StoredMetricSummary } from '../../src/tracking/metric.js';
import { type StoredRun, runsCollection } from '../../src/tracking/run.js';
import { putRun } from '../../src/tracking/run-writer.js';

/** A store with so many runs, and one more run that has ten times as many points of one metric. */
export interface LargeStore {
  readonly directory: string;
  readonly config: MLOpsConfig;
  readonly runs: number;
  readonly points: number;
  /** The run with the points of the metric `loss`. */
  readonly longRun: string;
}

export function configFor(directory: string): MLOpsConfig {
  return MLOpsConfig.fromObject({
    storage: { path: directory, artifactsPath: join(directory, 'artifacts') },
    models: { spread: { featureColumns: ['x'], targetColumn: 'y' } },
  });
}

/** The runs are copies of one that the tracker wrote, since the audit record of each would have to be flushed. */
export async function fillStore(directory: string, runs: number): Promise<LargeStore> {
  const config = configFor(directory);
  const tracker = new ExperimentTracker(config);
  const longRun = await tracker.startRun({ experimentName: 'long', heartbeat: false });
  const points = runs * 10;
  const random = createRandom('points');
  const perBatch = Math.min(50_000, points);
  for (let first = 0; first < points; first += perBatch) {
    const metrics = Array.from({ length: perBatch }, (_, i) => ({
      key: 'loss',
      value: random.next(),
      step: first + i,
      timestamp: 1.7e12 + first + i,
    }));
    await tracker.logBatch(longRun, { metrics });
  }
  const model = await tracker.startRun({ experimentName: 'many', modelType: 'spread', tags: { team: 'rates' } });
  await tracker.logBatch(model, {
    parameters: { depth: 6, rate: 0.1 },
    metrics: ['mae', 'rmse', 'r2_score'].map((key) => ({ key, value: 1 })),
  });
  await tracker.endRun(model);
  await tracker.close();
  await copyRun(directory, model, runs);
  return { directory, config, runs, points, longRun };
}

async function copyRun(directory: string, runId: string, copies: number): Promise<void> {
  const storage = await openFilesystemStorage(directory);
  const model = (await storage.get(runsCollection, runId))!.value as unknown as StoredRun;
  const random = createRandom('runs');
  const measured = (summary: StoredMetricSummary): StoredMetricSummary => {
    const value = random.next();
    return { ...summary, last: value, min: value, max: value };
  };
  for (let first = 0; first < copies; first += 1_000) {
    const changes = Array.from({ length: Math.min(1_000, copies - first) }, (_, i) => {
      const metrics = Object.fromEntries(Object.entries(model.metrics).map(([key, of]) => [key, measured(of)]));
      const startedAt = model.startedAt + first + i;
      const scattered = ((first + i) * 2_654_435_761) % 2 ** 32; // no two are the same
      return putRun({ ...model, runId: `run-${scattered}`, startedAt, metrics }, 'absent');
    });
    await storage.commit(changes, { durability: 'process' });
  }
  await storage.close();
}
