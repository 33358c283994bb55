/**
 * Starts runs under a policy that asks for so many approvals: `start-run.ts <folder> <required approvals> <runs>`. Waits for a
 * line on its input before the first one, so that several processes begin at once.
 */
import { once } from 'node:events';
import { ExperimentTracker, MLOpsConfig } from '@bondx/mlops';

const [folder, requiredApprovals, runs] = process.argv.slice(2) as [string, string, string];
const config = MLOpsConfig.fromObject(
  {
    dataStoragePath: `${folder}/data`,
    tracking: { artifactStoragePath: `${folder}/files`, logEnvironment: false, logGitSha: false },
    promotion: { requiredApprovals: Number(requiredApprovals) },
  },
  { environment: {} },
);
const tracker = new ExperimentTracker(config);
await tracker.listRuns();
process.stdout.write('ready\n');
await once(process.stdin, 'data');
for (let i = 0; i < Number(runs); i++) await tracker.startRun({ experimentName: 'e' });
await tracker.close();
process.exit(0);
