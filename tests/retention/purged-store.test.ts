import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import {
  AuditLog,
  ExperimentTracker,
  MLOpsConfig,
  applyRetention,
  backupStore,
  migrateStore,
  restoreStore,
} from '@bondx/mlops';

const folder = mkdtempSync(join(tmpdir(), 'purged-store-'));
afterAll(() => rmSync(folder, { recursive: true }));

const storeAt = (name: string): MLOpsConfig =>
  MLOpsConfig.fromObject(
    {
      storage: { path: join(folder, name), artifactsPath: join(folder, name, 'artifacts') },
      keys: { path: join(folder, 'keys.json') },
      security: { auditLogRetentionDays: 30, regulatoryFrameworks: ['Basel III'] },
      tracking: { logEnvironment: false, logGitSha: false, logUncommittedDiff: false },
    },
    { environment: {}, baseDirectory: folder },
  );

async function makeRuns(config: MLOpsConfig, count: number, daysAgo: number): Promise<void> {
  await using tracker = new ExperimentTracker(config, { clock: { now: () => Date.now() - daysAgo * 86_400_000 } });
  for (let i = 0; i < count; i++) {
    await tracker.endRun(await tracker.startRun({ experimentName: 'e', heartbeat: false }));
  }
}

async function verified(config: MLOpsConfig) {
  await using log = new AuditLog(config);
  return await log.verify();
}

it('a log whose oldest records were removed verifies and goes on in a backup that was restored and in a copy', async () => {
  const source = storeAt('source');
  await makeRuns(source, 5, 100);
  await makeRuns(source, 2, 0);
  expect((await applyRetention(source)).audit.records).toBe(10);
  const purged = await verified(source);
  expect(purged).toMatchObject({ status: 'ok', records: 5, removed: { records: 10 } });

  const { path } = await backupStore(source);
  const restored = storeAt('restored');
  await restoreStore(restored, { from: path });
  const copy = storeAt('copy');
  await migrateStore({ from: { config: source }, to: { config: copy } });
  for (const other of [restored, copy]) {
    const before = await verified(other);
    expect(before).toMatchObject({ status: 'ok', removed: purged.removed! });
    await makeRuns(other, 1, 0);
    expect(await verified(other)).toMatchObject({ status: 'ok', records: before.records + 2 });
  }
});
