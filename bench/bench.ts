/** What the hot path and the common calls cost on this machine. Usage: npm run bench */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CanaryDeploymentManager,
  DriftMonitor,
  ExperimentTracker,
  MLOpsConfig,
  ModelRegistry,
  createRandom,
  trainModel,
} from '@bondx/mlops';

const folder = mkdtempSync(join(tmpdir(), 'bench-'));
const config = MLOpsConfig.fromObject({
  storage: { path: folder, artifactsPath: join(folder, 'artifacts') },
  promotion: {
    minAccuracy: 0,
    maxDrift: 1,
    requireExplainability: false,
    requireFeatureImportance: false,
    requireBiasTesting: false,
    requireComplianceCheck: false,
  },
  models: { spread: { featureColumns: ['x'], targetColumn: 'y' } },
});
const rows: { what: string; median: string; 'per second': number }[] = [];

/** Median over five rounds of the time one call takes. */
async function measure(what: string, calls: number, work: () => Promise<void> | void): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < 6; round++) {
    const began = performance.now();
    await work();
    if (round > 0) times.push((performance.now() - began) / calls); // the first round warms up
  }
  const ms = times.sort((a, b) => a - b)[2]!;
  const median =
    ms < 0.001 ? `${Math.round(ms * 1e6)} ns` : ms < 1 ? `${(ms * 1e3).toFixed(1)} µs` : `${ms.toFixed(1)} ms`;
  rows.push({ what, median, 'per second': Math.round(1000 / ms) });
}

const random = createRandom(1);
const data = Array.from({ length: 2000 }, () => {
  const x = random.next();
  return { x, y: 3 * x + random.next() };
});
const tracker = new ExperimentTracker(config);
const registry = new ModelRegistry(config);
const canaries = new CanaryDeploymentManager(config, registry);
const { model, metrics } = await trainModel(config, { modelType: 'spread', data });
for (let i = 0; i < 2; i++) {
  await registry.register({
    modelName: 'spread',
    modelType: 'spread',
    featureColumns: ['x'],
    targetColumn: 'y',
    model,
    performanceMetrics: metrics,
  });
}
for (const targetStage of ['staging', 'production'] as const) {
  await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage });
}
await canaries.createCanaryDeployment({ modelName: 'spread', candidateVersion: '1.0.1' });

const keys = Array.from({ length: 1000 }, (_, i) => `0190c3a0-0000-7000-8000-${String(i).padStart(12, '0')}`);
await measure('routePrediction, 36-byte key', 100_000, () => {
  for (let i = 0; i < 100_000; i++) canaries.routePrediction({ modelName: 'spread', routingKey: keys[i % 1000]! });
});
await measure('recordOutcome', 100_000, () => {
  for (let i = 0; i < 100_000; i++)
    canaries.recordOutcome({ modelName: 'spread', version: '1.0.1', prediction: i, actual: 1 });
});
await measure('predict one row, one tree', 100_000, () => {
  for (let i = 0; i < 100_000; i++) model.predict(data[i % 2000]!);
});
const runId = await tracker.startRun({ experimentName: 'bench' });
await measure('logMetrics, awaited one by one', 1000, async () => {
  for (let i = 0; i < 1000; i++) await tracker.logMetrics(runId, { loss: i }, { step: i });
});
await measure('startRun + endRun, audited', 100, async () => {
  for (let i = 0; i < 100; i++) await tracker.endRun(await tracker.startRun({ experimentName: 'bench' }));
});
const column = (shift: number): Float64Array => Float64Array.from({ length: 1_000_000 }, () => random.next() + shift);
const [before, after] = [{ x: column(0) }, { x: column(0.01) }];
await measure('detectDrift, 1 column, 1M against 1M rows', 1, async () => {
  await new DriftMonitor(config).detectDrift({
    modelName: 'bench',
    featureColumns: ['x'],
    baselineData: before,
    currentData: after,
  });
});

console.table(rows);
await registry.close();
rmSync(folder, { recursive: true, force: true });
