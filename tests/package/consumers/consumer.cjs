/** A CommonJS user's program: every subpath required, one class of errors, YAML, and threads that find their file. */
'use strict';
const assert = require('node:assert/strict');
const { DriftMonitor, MLOpsConfig, MLOpsError, PolicyError } = require('@bondx/mlops');
const { readOnnx } = require('@bondx/mlops/onnx');
const { openPostgresStorage } = require('@bondx/mlops/postgres');
const { renderDriftReport } = require('@bondx/mlops/report');
const { openS3Artifacts } = require('@bondx/mlops/s3');
const { createDashboard } = require('@bondx/mlops/server');
const { FakeClock } = require('@bondx/mlops/testing');

for (const one of [readOnnx, openPostgresStorage, renderDriftReport, openS3Artifacts, createDashboard, FakeClock]) {
  assert.equal(typeof one, 'function');
}
assert.throws(() => MLOpsConfig.fromYaml('nowhere.yaml'), MLOpsError);
const config = MLOpsConfig.fromObject({ storage: { kind: 'memory' } });
assert.match(config.toYaml(), /kind: memory/);
assert.throws(() => MLOpsConfig.fromObject({ sed: 1 }), PolicyError);
const rows = (shift) => Array.from({ length: 60_000 }, (_, i) => ({ yield: shift + (i % 100) / 50, age: i % 7 }));
const options = { modelName: 'spread', baselineData: rows(0), currentData: rows(1), featureColumns: ['yield', 'age'] };
void (async () => {
  const { verdict, driftedFeatures } = await new DriftMonitor(config).detectDrift(options);
  assert.deepEqual([verdict, driftedFeatures], ['drifted', ['yield']]);
  const { DriftMonitor: imported } = await import('@bondx/mlops');
  assert.equal(typeof imported, 'function');
  console.log(`require: ${require('@bondx/mlops/package.json').name} ${verdict}`);
})();
