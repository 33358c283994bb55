/** What Jest makes of the package where tests are CommonJS, as they are unless told. */
'use strict';
const {
  DriftMonitor,
  ExperimentTracker,
  MLOpsConfig,
  ModelRegistry,
  PolicyError,
  trainModel,
} = require('@bondx/mlops');

jest.setTimeout(60_000);

test('trains, tracks, registers and compares, with errors of its own classes', async () => {
  expect(() => MLOpsConfig.fromYaml('nowhere.yaml')).toThrow(PolicyError);
  expect(() => MLOpsConfig.fromYaml('nowhere.yaml')).toThrow('does not exist; copy policy.example.yaml');
  const config = MLOpsConfig.fromObject({
    storage: { kind: 'memory' },
    models: { spread: { featureColumns: ['yield'], targetColumn: 'spread', algorithm: 'cart' } },
  });
  expect(config.toYaml()).toContain('kind: memory');
  const data = Array.from({ length: 200 }, (_, i) => ({ yield: i % 50, spread: 3 * (i % 50) + (i % 3) }));
  for (const algorithm of ['cart', 'random_forest', 'gradient_boosting']) {
    expect((await trainModel(config, { modelType: 'spread', data, algorithm })).algorithm).toBe(algorithm);
  }
  const tracker = new ExperimentTracker(config); // asks git where it is
  const runId = await tracker.startRun({ experimentName: 'jest' });
  await tracker.endRun(runId, 'completed');
  const registry = new ModelRegistry(config);
  const { model, metrics } = await trainModel(config, { modelType: 'spread', data });
  const named = { modelName: 'spread', modelType: 'spread', featureColumns: ['yield'], targetColumn: 'spread' };
  const { version } = await registry.register({ ...named, model, performanceMetrics: metrics });
  expect((await registry.loadModel('spread', { version })).predict({ yield: 10 })).toBeGreaterThan(20);
  const rows = (shift) => Array.from({ length: 60_000 }, (_, i) => ({ yield: shift + (i % 100) / 50, age: i % 7 }));
  const options = { modelName: 'other', baselineData: rows(0), currentData: rows(1), featureColumns: ['yield', 'age'] };
  const report = await new DriftMonitor(config).detectDrift(options); // in a worker
  expect([report.verdict, report.driftedFeatures]).toEqual(['drifted', ['yield']]);
});
