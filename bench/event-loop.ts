/**
 * How long the event loop of the embedding process is held while a model is trained on 100,000 × 12 in it: by `trainModel`,
 * and by a whole retraining. Usage: npm run bench:event-loop
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import {
  ExperimentTracker,
  MLOpsConfig,
  MemoryArtifactStore,
  MemoryStorage,
  ModelRegistry,
  RetrainPipeline,
  trainModel,
} from '@bondx/mlops';
import { synthetic } from './training-data.js';

const { train, features } = synthetic('100,000 × 12', 100_000, 12, 1);
const config = MLOpsConfig.fromObject({
  storage: { kind: 'memory' },
  tracking: { logEnvironment: false, logGitSha: false },
  promotion: { minAccuracy: 0, requireExplainability: true },
  retraining: { hyperparameterTuning: false, crossValidationFolds: 2 },
  models: { spread: { featureColumns: features, targetColumn: 'y', algorithm: 'gradient_boosting' } },
});

async function measure(name: string, work: () => Promise<unknown>): Promise<object> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  const began = performance.now();
  delays.enable();
  await work();
  delays.disable();
  const [p50, p99, longest] = [delays.percentile(50), delays.percentile(99), delays.max].map((ns) =>
    (ns / 1e6).toFixed(1),
  );
  return { work: name, seconds: ((performance.now() - began) / 1000).toFixed(1), p50, p99, longest };
}

const sleep = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 2000));
const rows = [await measure('nothing (2 s)', sleep)];
for (const algorithm of ['gradient_boosting', 'extra_forest']) {
  const hyperparameters = { n_estimators: 20, max_iterations: 100 };
  rows.push(
    await measure(`trainModel, ${algorithm}`, () =>
      trainModel(config, { modelType: 'spread', data: train, algorithm, hyperparameters }),
    ),
  );
}
const options = { storage: new MemoryStorage(), artifacts: new MemoryArtifactStore() };
const tracker = new ExperimentTracker(config, options);
const pipeline = new RetrainPipeline(config, tracker, new ModelRegistry(config, options));
rows.push(
  await measure('triggerRetraining, gradient_boosting', () =>
    pipeline.triggerRetraining({ modelName: 'spread' }, train, { trigger: 'manual' }),
  ),
);
console.log('delay of the event loop, milliseconds');
console.table(rows);
