/**
 * Raises alerts and delivers them, and is killed in between: `raise-alerts.ts <folder> <url> <first> <count> <shiftMs>`.
 * Prints a line for each alert that is stored.
 */
import { Alerts, MLOpsConfig } from '@bondx/mlops';

const [folder, url, first, count, shiftMs] = process.argv.slice(2) as [string, string, string, string, string];
const config = MLOpsConfig.fromObject(
  {
    dataStoragePath: `${folder}/data`,
    tracking: { artifactStoragePath: `${folder}/files` },
    monitoring: { channels: { hook: { url: '${HOOK}', allowedHosts: ['127.0.0.1'] } } },
  },
  { environment: { HOOK: url } },
);
const clock = { now: () => Date.now() + Number(shiftMs) };
const alerts = new Alerts(config, { clock, timeoutMs: 2_000 });
for (let i = Number(first); i < Number(first) + Number(count); i++) {
  await alerts.raise({ key: `k${i}`, severity: 'warning', title: `alert ${i}`, message: 'm' });
  process.stdout.write(`${i}\n`);
}
await alerts.deliverPending();
process.stdout.write('end\n');
await alerts.close();
