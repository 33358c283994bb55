/** Starts a run in the store at argv[2], prints its id, then each step once it was acknowledged, until it is killed. */
import { ExperimentTracker, MLOpsConfig } from '@bondx/mlops';

const [, , folder] = process.argv;
const config = MLOpsConfig.fromObject({
  storage: { path: folder!, artifactsPath: `${folder}/artifacts` },
  tracking: { heartbeatIntervalSeconds: 0.2, runLeaseSeconds: 1, logEnvironment: false, logGitSha: false },
});
const tracker = new ExperimentTracker(config);
const runId = await tracker.startRun({ experimentName: 'killed' });
process.stdout.write(`${runId}\n`);
for (let step = 0; ; step++) {
  await tracker.logMetrics(runId, { loss: 1 / (step + 1) }, { step });
  process.stdout.write(`${step}\n`);
}
