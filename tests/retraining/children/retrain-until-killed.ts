// Retrains the model in a folder, and kills itself when it comes to a step (or does not, for `none`).
import { type DriftReport } from '@bondx/mlops';
import { openDisk, trainingRows } from './kill-world.js';

const [directory, reportJson, killAt] = process.argv.slice(2);
const disk = await openDisk(directory!, 0);
const result = await disk.pipeline.triggerRetraining(JSON.parse(reportJson!) as DriftReport, trainingRows(), {
  canary: { manager: disk.canaries },
  onProgress: (_fraction, step) => {
    if (step === killAt) process.kill(process.pid, 'SIGKILL');
  },
});
process.stdout.write(JSON.stringify(result));
await disk.close();
