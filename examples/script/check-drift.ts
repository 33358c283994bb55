/**
 * A script for ts-node or tsx, in a CommonJS or an ES module project: has the data drifted since the baseline?
 *
 *     npx ts-node check-drift.ts 2011.csv 2012.csv yield,maturity
 *
 * It prints a line for each column, writes drift.html, and ends with exit code 3 when the data drifted.
 */
import { writeFileSync } from 'node:fs';
import { DriftMonitor, MLOpsConfig, createProfile } from '@bondx/mlops';
import { renderDriftReport } from '@bondx/mlops/report';

async function main([baseline, current, columns]: readonly string[]): Promise<void> {
  if (baseline === undefined || current === undefined || columns === undefined)
    throw new Error('usage: check-drift.ts BASELINE.csv CURRENT.csv COLUMN,COLUMN,…');
  const monitor = new DriftMonitor(MLOpsConfig.fromObject({ storage: { kind: 'memory' } }));
  const report = await monitor.detectDrift({
    modelName: 'script',
    baselineData: baseline,
    currentData: current,
    featureColumns: columns.split(','),
  });
  for (const { column, verdict, message } of report.columns) console.log(`${column}: ${verdict} (${message})`);
  console.log(report.verdict);
  const profiles = { baselineProfile: await createProfile(baseline), currentProfile: await createProfile(current) };
  writeFileSync('drift.html', await renderDriftReport(report, profiles));
  await monitor.close();
  process.exitCode = report.verdict === 'drifted' ? 3 : 0;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
