/** A JavaScript user's module: named imports of every subpath, one class of errors, YAML, and threads that find their file. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { DriftMonitor, MLOpsConfig, MLOpsError, PolicyError } from '@bondx/mlops';
import { readOnnx } from '@bondx/mlops/onnx';
import { openPostgresStorage } from '@bondx/mlops/postgres';
import { renderDriftReport } from '@bondx/mlops/report';
import { openS3Artifacts } from '@bondx/mlops/s3';
import { createDashboard } from '@bondx/mlops/server';
import { FakeClock } from '@bondx/mlops/testing';

for (const one of [readOnnx, openPostgresStorage, renderDriftReport, openS3Artifacts, createDashboard, FakeClock]) {
  assert.equal(typeof one, 'function');
}
assert.throws(() => MLOpsConfig.fromYaml('nowhere.yaml'), MLOpsError);
const config = MLOpsConfig.fromObject({ storage: { kind: 'memory' } });
assert.match(config.toYaml(), /kind: memory/);
assert.throws(() => MLOpsConfig.fromObject({ sed: 1 }), PolicyError);
const rows = (shift) => Array.from({ length: 60_000 }, (_, i) => ({ yield: shift + (i % 100) / 50, age: i % 7 }));
const options = { modelName: 'spread', baselineData: rows(0), currentData: rows(1), featureColumns: ['yield', 'age'] };
const { verdict, driftedFeatures } = await new DriftMonitor(config).detectDrift(options);
assert.deepEqual([verdict, driftedFeatures], ['drifted', ['yield']]);
const manifest = createRequire(import.meta.url)('@bondx/mlops/package.json');
console.log(`import: ${manifest.name} ${verdict}`);
