/** Takes a point in that would be flushed in ten minutes, and comes to its end. */
import { ExperimentTracker, MLOpsConfig } from '@bondx/mlops';

const config = MLOpsConfig.fromObject({
  storage: { kind: 'memory' },
  tracking: { logEnvironment: false, logGitSha: false, systemMetricsIntervalSeconds: 600 },
});
const tracker = new ExperimentTracker(config);
const runId = await tracker.startRun({ experimentName: 'e' });
tracker.bufferRun(runId, { flushIntervalMs: 600_000 }).logMetrics({ loss: 1 });
