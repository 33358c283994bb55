/**
 * A TypeScript user's program, compiled as ESM and as CommonJS and run by ts-node: every subpath that needs no optional
 * package is imported, values are used, and the types are what the guides say.
 */
import { DriftMonitor, MLOpsConfig, MLOpsError, psi, type DriftReport, type DriftVerdict } from '@bondx/mlops';
import { readOnnx } from '@bondx/mlops/onnx';
import { openPostgresStorage, type PostgresPool } from '@bondx/mlops/postgres';
import { renderDriftReport } from '@bondx/mlops/report';
import { openS3Artifacts, type S3ClientLike } from '@bondx/mlops/s3';
import { createDashboard, type Dashboard } from '@bondx/mlops/server';
import { FakeClock, storageConformance } from '@bondx/mlops/testing';

type Equal<A, B> = (<T>(value: T) => T extends A ? 1 : 2) extends <T>(value: T) => T extends B ? 1 : 2 ? true : false;
/** Compiles where the type is `true`. */
const holds = <T extends true>(expected?: T): T | undefined => expected;

holds<Equal<DriftReport['verdict'], DriftVerdict>>();
holds<Equal<Awaited<ReturnType<DriftMonitor['detectDrift']>>, DriftReport>>();
holds<Equal<ReturnType<typeof MLOpsConfig.fromYaml>, MLOpsConfig>>();
// @ts-expect-error: results are read-only
const spoil = (report: DriftReport): void => void (report.verdict = 'stable');
// @ts-expect-error: an option that does not exist
const misspelled = (): unknown => new DriftMonitor(MLOpsConfig.fromObject({}), { clok: new FakeClock(0) });
// @ts-expect-error: both data sets are needed
const incomplete = (monitor: DriftMonitor): unknown => monitor.detectDrift({ modelName: 'spread' });
// any is assignable to all: an import that lost its types would pass everything above
holds<Equal<0 extends 1 & PostgresPool ? 'any' : 'typed', 'typed'>>();
holds<Equal<0 extends 1 & S3ClientLike ? 'any' : 'typed', 'typed'>>();
holds<Equal<0 extends 1 & Dashboard ? 'any' : 'typed', 'typed'>>();

async function main(): Promise<void> {
  const monitor = new DriftMonitor(MLOpsConfig.fromObject({ storage: { kind: 'memory' } }), {
    clock: new FakeClock(Date.UTC(2026, 0, 1)),
  });
  const rows = (shift: number): { yield: number }[] =>
    Array.from({ length: 2000 }, (_, i) => ({ yield: shift + (i % 100) / 50 }));
  const report = await monitor.detectDrift({
    modelName: 'spread',
    baselineData: rows(0),
    currentData: rows(1),
    featureColumns: ['yield'],
  });
  const misuse = await monitor.getReport('nobody').catch((error: unknown) => error);
  const functions = [psi, readOnnx, openPostgresStorage, renderDriftReport, openS3Artifacts, createDashboard];
  const used = [...functions, storageConformance, spoil, misspelled, incomplete].every((f) => typeof f === 'function');
  console.log(report.verdict, misuse instanceof MLOpsError && misuse.code, report.createdAt, used);
}

void main();
