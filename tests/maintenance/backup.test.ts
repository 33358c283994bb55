import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import {
  chmod,
  copyFile,
  mkdir,
  readFile,
  readdir,
  realpath,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  AuditLog,
  ExperimentTracker,
  openFilesystemArtifacts,
  MLOpsConfig,
  backupStatus,
  backupStore,
  openFilesystemStorage,
  restoreStore,
} from '@bondx/mlops';
import { run } from '../../src/cli/run.js';
import { expireBackups } from '../../src/maintenance/expire-backups.js';
import { listBackups } from '../../src/maintenance/backup-manifest.js';
import { FakeClock } from '../../src/testing/index.js';
import { temporaryDirectory } from '../adapters/filesystem/temporary-directory.js';
import { S3Server, whyNoS3Server } from '../adapters/s3/s3-server.js';

const hourMs = 3_600_000;
let directory: string;

const policyFor = (
  place: string,
  backup: object = {},
  environment: 'development' | 'production' = 'development',
  encryptModelArtifacts = false,
): MLOpsConfig =>
  MLOpsConfig.fromObject(
    {
      environment,
      access: { bindings: [{ principal: 'ada', role: 'admin' }] },
      security: { encryptModelArtifacts, requireAuthorization: environment === 'production' },
      storage: { path: `${directory}/${place}/records`, artifactsPath: `${directory}/${place}/files` },
      tracking: { logGitSha: false },
      backup: { backupPath: `${directory}/backups`, ...backup },
    },
    { environment: {} },
  );

/** A run with one file and five points. */
async function work(config: MLOpsConfig, content: string): Promise<string> {
  await using tracker = new ExperimentTracker(config);
  const runId = await tracker.startRun({ experimentName: 'e' });
  await tracker.logArtifact(runId, { name: 'a.txt', content });
  for (let step = 0; step < 5; step++) await tracker.logMetrics(runId, { loss: step }, { step });
  return runId;
}

async function readBack(config: MLOpsConfig, runId: string): Promise<{ content: string; points: number }> {
  await using tracker = new ExperimentTracker(config);
  let content = '';
  for await (const chunk of tracker.readArtifact(runId, 'a.txt')) content += Buffer.from(chunk).toString();
  return { content, points: (await tracker.getMetricHistory(runId, 'loss')).length };
}

const failureCode = (error: unknown): unknown => (error as { code?: unknown }).code;

beforeEach(async () => {
  directory = await temporaryDirectory();
});

describe('a backup', () => {
  it('made in the middle of writing restores to a state that was, and verifies', async () => {
    const config = policyFor('live');
    const first = await work(config, 'before the backup');
    const state = { isDone: false };
    const writing = (async (): Promise<string[]> => {
      const runs: string[] = [];
      while (!state.isDone || runs.length < 3) runs.push(await work(config, `content ${runs.length}`));
      return runs;
    })();
    const fractions: number[] = [];
    const backup = await backupStore(config, { onProgress: (fraction) => fractions.push(fraction) });
    state.isDone = true;
    const runs = await writing;
    expect(fractions.length).toBeGreaterThan(1);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));

    const target = policyFor('restored');
    const restored = await restoreStore(target);
    expect(restored).toMatchObject({
      from: backup.path,
      auditRecords: backup.auditRecords,
      meetsRecoveryTimeObjective: true,
    });
    expect(await readBack(target, first)).toEqual({ content: 'before the backup', points: 5 });
    await using audit = new AuditLog(target);
    const { status, records } = await audit.verify({ expectedHead: backup.auditHead });
    expect([status, records]).toEqual(['ok', backup.auditRecords + 1]); // and that of the restore
    await using tracker = new ExperimentTracker(target);
    const there = (await tracker.listRuns({ limit: 10_000 })).runs;
    expect(there.length).toBe(backup.auditRecords); // one record for each start
    expect(there.length).toBeLessThan(1 + runs.length + 1);
    for (const { runId, artifacts } of there) {
      for (const { name } of artifacts) for await (const _chunk of tracker.readArtifact(runId, name));
    }
  });

  it('goes on being usable: what was restored takes new work', async () => {
    await work(policyFor('live'), 'x');
    await backupStore(policyFor('live'));
    const target = policyFor('restored');
    await restoreStore(target);
    expect(await readBack(target, await work(target, 'new'))).toEqual({ content: 'new', points: 5 });
  });

  it('keeps files once for all backups, and the policy unless it is told not to', async () => {
    const config = policyFor('live', { backupConfigs: false });
    await work(config, 'same');
    const backups = [await backupStore(config), await backupStore(policyFor('live'))];
    expect(backups.map(({ artifacts }) => artifacts.length)).toEqual([1, 1]);
    expect((await readdir(join(directory, 'backups', 'files', 'sha256'))).length).toBe(1);
    const contents = await Promise.all(backups.map(({ path }) => readdir(path)));
    expect(contents.map((names) => names.includes('policy.yaml'))).toEqual([false, true]);
    const again = MLOpsConfig.fromYaml(join(backups[1]!.path, 'policy.yaml'), { environment: {} });
    expect(again.digest).toBe(policyFor('live').digest);
  });

  it('leaves files out when backup_models is off', async () => {
    const config = policyFor('live', { backupModels: false });
    const runId = await work(config, 'left out');
    expect((await backupStore(config)).hasArtifacts).toBe(false);
    // They are to be brought from elsewhere: until then the restored store lacks them.
    const missing = [{ namedBy: `runs/${runId}` }];
    expect(await restoreStore(policyFor('restored'))).toMatchObject({ artifacts: 0, missing });
  });

  it('tells of files that somebody took out of its manifest when it is restored', async () => {
    const config = policyFor('live');
    const runId = await work(config, 'x');
    const { path } = await backupStore(config);
    const change = async (changes: object): Promise<void> => {
      const manifest = JSON.parse(await readFile(join(path, 'manifest.json'), 'utf8')) as object;
      await writeFile(join(path, 'manifest.json'), JSON.stringify({ ...manifest, ...changes }));
    };
    await change({ artifacts: [] });
    const missing = [{ namedBy: `runs/${runId}` }];
    expect(await restoreStore(policyFor('restored'))).toMatchObject({ artifacts: 0, missing });
    for (const changes of [{ keyIds: 5 }, { keyIds: [], createdAt: null }, { createdAt: 'yesterday' }]) {
      await change(changes);
      await expect(restoreStore(policyFor('other'), { from: path })).rejects.toMatchObject({ code: 'CORRUPT' });
    }
    await expect(restoreStore(policyFor('other'), { from: 5 as never })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });

  it('needs a store of files that is there', async () => {
    await expect(backupStore(policyFor('nothing'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const memory = MLOpsConfig.fromObject({ storage: { kind: 'memory' } }, { environment: {} });
    await expect(backupStore(memory)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    const far = { storage: { kind: 'postgres', url: 'postgres://db/x', artifactsUrl: 's3://bucket' } } as const;
    const remote = MLOpsConfig.fromObject(far, { environment: {} });
    await expect(restoreStore(remote)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(/this policy has postgres: .* by bondx-mlops storage migrate$/) as string,
    });
    expect(await readdir(directory)).toEqual([]);
  });

  it('leaves a record of who made it, also when it failed, and takes nobody in production', async () => {
    const config = policyFor('live');
    await work(config, 'x');
    const principal = { id: 'ada', type: 'person', authentication: 'application' } as const;
    const { path, auditHead, databaseDigest } = await backupStore(config, { principal });
    const signal = AbortSignal.abort();
    await expect(backupStore(config, { principal, signal })).rejects.toMatchObject({ code: 'ABORTED' });
    const production = policyFor('live', {}, 'production');
    await expect(backupStore(production)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await using audit = new AuditLog(config);
    const records = await audit.list({ action: 'storage.backup' });
    expect(records.map(({ decision, actor }) => [decision, actor.id])).toEqual([
      ['allow', 'ada'],
      ['error', 'ada'],
      ['deny', 'anonymous'],
    ]);
    expect(records[0]!.detail).toMatchObject({ path, auditHead, databaseDigest, files: 1, missing: 0, expired: 0 });
    expect((await audit.verify({ expectedHead: auditHead })).status).toBe('ok');
  });

  it('names a file that was damaged, and holds all others', async () => {
    const config = policyFor('live');
    const runId = await work(config, 'lost');
    await work(config, 'kept');
    const lost = `sha256:${createHash('sha256').update('lost').digest('hex')}`;
    const file = join(directory, 'live', 'files', 'sha256', lost.slice(7, 9), lost.slice(9));
    await chmod(file, 0o600);
    await writeFile(file, 'LOST');
    const { missing, artifacts } = await backupStore(config);
    expect(missing).toEqual([{ digest: lost, namedBy: `runs/${runId}` }]);
    expect(artifacts).toHaveLength(1);
    expect(await restoreStore(policyFor('restored'))).toMatchObject({ missing });
  });

  it('holds a file that was damaged since the last backup, as that one had it', async () => {
    const config = policyFor('live');
    await work(config, 'damaged later');
    const { artifacts } = await backupStore(config);
    const [, hex] = artifacts[0]!.split(':');
    const file = join(directory, 'live', 'files', 'sha256', hex!.slice(0, 2), hex!.slice(2));
    await chmod(file, 0o600);
    await writeFile(file, 'DAMAGED LATER');
    expect(await backupStore(config)).toMatchObject({ artifacts, missing: [] });
    await restoreStore(policyFor('restored'));
    const restored = join(directory, 'restored', 'files', 'sha256', hex!.slice(0, 2), hex!.slice(2));
    expect(await readFile(restored, 'utf8')).toBe('damaged later');
  });

  it('names the files that records name and the store no longer has', async () => {
    const config = policyFor('live');
    const runId = await work(config, 'lost');
    await work(config, 'kept');
    const { artifacts } = await backupStore(config);
    const lost = `sha256:${createHash('sha256').update('lost').digest('hex')}`;
    expect(artifacts).toContain(lost);
    await rm(join(directory, 'live', 'files', 'sha256', lost.slice(7, 9), lost.slice(9)));
    const next = await backupStore(config);
    expect(next.missing).toEqual([{ digest: lost, namedBy: `runs/${runId}` }]);
    expect(next.artifacts).toHaveLength(1);
    expect((await listBackups(join(directory, 'backups'))).at(-1)!.missing).toEqual(next.missing);
    expect(await restoreStore(policyFor('restored'))).toMatchObject({ from: next.path, missing: next.missing });
  });

  it('says what to do where its folder cannot be written', async () => {
    const config = policyFor('live', { backupPath: `${directory}/file/backups` });
    await work(config, 'x');
    await writeFile(join(directory, 'file'), 'where a folder should be');
    await expect(backupStore(config)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    const { path: from } = await backupStore(policyFor('live'));
    await expect(restoreStore(policyFor('file'), { from })).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  });

  it('can be aborted, and leaves nothing then', async () => {
    await work(policyFor('live'), 'x');
    const signal = AbortSignal.abort();
    await expect(backupStore(policyFor('live'), { signal })).rejects.toMatchObject({
      code: 'ABORTED',
      message: 'interrupted before it was complete; run it again',
    });
    expect(await readdir(join(directory, 'backups'))).toEqual([]);
  });

  it('older than backup_retention_days goes with the next one, with the files that only it had', async () => {
    const config = policyFor('live', { backupRetentionDays: 2 });
    await work(config, 'old');
    const clock = new FakeClock(Date.UTC(2026, 0, 1));
    const old = await backupStore(config, { clock });
    await rm(join(directory, 'live'), { recursive: true });
    await work(config, 'new');
    clock.advance(3 * 24 * hourMs);
    const next = await backupStore(config, { clock });
    expect(next.expired).toEqual([old.path]);
    expect((await readdir(join(directory, 'backups'))).sort()).toEqual([next.path.split('/').at(-1), 'files'].sort());
    const pool = await readdir(join(directory, 'backups', 'files', 'sha256'), { recursive: true });
    expect(pool.filter((name) => name.includes('/'))).toHaveLength(1);
  });
});

describe('several backups at once, and those of processes that died', () => {
  it('the removal of an old one leaves the files that another one, under way, is putting into the pool', async () => {
    const config = policyFor('live');
    await work(config, 'shared');
    const old = await backupStore(config, { clock: new FakeClock(Date.UTC(2026, 0, 1)) });
    const backups = join(directory, 'backups');
    const remove = () => expireBackups(backups, 1, Date.UTC(2026, 0, 10));
    await rm(join(directory, 'live'), { recursive: true });
    await work(config, 'another');
    await backupStore(config, { clock: new FakeClock(Date.UTC(2026, 0, 9)) });
    await mkdir(join(backups, 'unfinished-x'));
    const pool = await openFilesystemArtifacts(join(backups, 'files'));
    await pool.put(Buffer.from('shared')); // what a backup that is under way does
    expect(await remove()).toEqual([old.path]);
    expect(await pool.stat(old.artifacts[0] as never)).toMatchObject({ size: 6 });
    await pool.close();
  });

  it('two remove the same old ones at the same time', async () => {
    const config = policyFor('live');
    await work(config, 'x');
    for (const day of [1, 2, 9]) await backupStore(config, { clock: new FakeClock(Date.UTC(2026, 0, day)) });
    const remove = () => expireBackups(join(directory, 'backups'), 1, Date.UTC(2026, 0, 9));
    await Promise.all([remove(), remove(), remove()]);
    expect(await listBackups(join(directory, 'backups'))).toHaveLength(1);
  });

  it('a folder that a killed one left goes after a day', async () => {
    const config = policyFor('live');
    await work(config, 'x');
    const [left, running] = ['unfinished-a', 'unfinished-b'].map((name) => join(directory, 'backups', name));
    for (const path of [left!, running!]) await mkdir(join(path, 'records'), { recursive: true });
    const yesterday = new Date(Date.now() - 25 * hourMs);
    await utimes(left!, yesterday, yesterday);
    const { path } = await backupStore(config);
    expect((await readdir(join(directory, 'backups'))).sort()).toEqual(
      [path.split('/').at(-1), 'files', 'unfinished-b'].sort(),
    );
  });

  it('asks for the files that there are, of the many digests in the records', async () => {
    const config = policyFor('live');
    await work(config, 'one file');
    const asked: string[] = [];
    const onProgress = (_fraction: number, label: string): void => void asked.push(label);
    await backupStore(config, { onProgress });
    expect(asked.filter((label) => label === 'files')).toEqual(['files']);
  });

  it('names a file as missing that went while it was copying', async () => {
    const config = policyFor('live');
    const runId = await work(config, 'goes');
    const files = join(directory, 'live', 'files', 'sha256');
    const onProgress = (_fraction: number, label: string): void => {
      if (label === 'files') rmSync(files, { recursive: true, force: true });
    };
    const { artifacts, missing } = await backupStore(config, { onProgress });
    expect([artifacts, missing.map(({ namedBy }) => namedBy)]).toEqual([[], [`runs/${runId}`]]);
  });
});

const withoutS3 = whyNoS3Server();

describe.skipIf(withoutS3 !== undefined)(`a backup of files in S3${withoutS3 ? ` (${withoutS3})` : ''}`, () => {
  it('holds them, and restores them into another bucket, or beside those that are still there', async () => {
    const server = await S3Server.start();
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    const inBucket = async (place: string, bucket: string): Promise<MLOpsConfig> => {
      const path = join(directory, `${place}.yaml`);
      const storage = `storage: { path: ./${place}/records, artifacts_url: "${bucket}" }\ntracking: { log_git_sha: false }`;
      await writeFile(path, `${storage}\nkeys: { path: ./keys.json }\nbackup: { backup_path: ./backups }\n`);
      return MLOpsConfig.fromYaml(path);
    };
    const bucket = await server.newBucket();
    const live = await inBucket('live', bucket);
    const runId = await work(live, 'far away');
    expect(await backupStore(live)).toMatchObject({ artifacts: [expect.any(String)], missing: [] });
    for (const config of [await inBucket('beside', bucket), await inBucket('elsewhere', await server.newBucket())]) {
      expect(await restoreStore(config)).toMatchObject({ artifacts: 1, missing: [], missingKeys: [] });
      expect(await readBack(config, runId)).toMatchObject({ content: 'far away' });
    }
    vi.unstubAllEnvs();
    await server.close();
  }, 120_000);
});

describe('a backup of an encrypted store', () => {
  const locked = (place: string): MLOpsConfig => policyFor(place, {}, 'development', true);

  it('names the keys that it does not hold, and is read once they are in place', async () => {
    const runId = await work(locked('live'), 'secret');
    const { path, artifacts, missing, keyIds } = await backupStore(locked('live'));
    expect([artifacts.length, missing, keyIds?.length]).toEqual([1, [], 1]);
    const keyFile = await readFile(join(directory, 'live', 'records', 'keys.json'), 'utf8');
    for (const name of await readdir(join(directory, 'backups'), { recursive: true, withFileTypes: true })) {
      if (!name.isFile()) continue;
      const content = await readFile(join(name.parentPath, name.name), 'latin1');
      expect(content).not.toContain('secret"');
      for (const { secret } of (JSON.parse(keyFile) as { keys: { secret: string }[] }).keys) {
        expect(content).not.toContain(secret);
      }
    }
    const target = locked('restored');
    expect(await restoreStore(target)).toMatchObject({ from: path, missingKeys: keyIds });
    expect(await readdir(join(directory, 'restored', 'records'))).not.toContain('keys.json');
    await writeFile(join(directory, 'restored', 'records', 'keys.json'), keyFile, { mode: 0o600 });
    expect((await readBack(target, runId)).content).toBe('secret');
  });

  it('misses nothing when the keys are in place before', async () => {
    await work(locked('live'), 'secret');
    await backupStore(locked('live'));
    await mkdir(join(directory, 'restored', 'records'), { recursive: true });
    await copyFile(
      join(directory, 'live', 'records', 'keys.json'),
      join(directory, 'restored', 'records', 'keys.json'),
    );
    expect(await restoreStore(locked('restored'))).toMatchObject({ missingKeys: [] });
  });

  it('names the files that are gone', async () => {
    const runId = await work(locked('live'), 'lost');
    await rm(join(directory, 'live', 'files', 'sha256'), { recursive: true });
    const { missing } = await backupStore(locked('live'));
    expect(missing.map(({ namedBy }) => namedBy)).toEqual([`runs/${runId}`]);
  });

  it('misses no garbage that is collected while it copies', async () => {
    await work(locked('live'), 'kept');
    await using tracker = new ExperimentTracker(locked('live'));
    const garbage = await tracker.startRun({ experimentName: 'e' });
    await tracker.logArtifact(garbage, { name: 'a.txt', content: 'garbage' });
    await tracker.endRun(garbage);
    const storage = await openFilesystemStorage(join(directory, 'live', 'records'));
    await storage.commit([{ kind: 'delete', collection: 'runs', id: garbage, expect: 'any' }]); // as retention does
    const digest = `sha256:${createHash('sha256').update('garbage').digest('hex')}`;
    const record = (await storage.get('sealed_artifacts', digest))!.value as { sealed: { digest: string } };
    await storage.close();
    const hex = record.sealed.digest.slice(7);
    const onProgress = (): void =>
      rmSync(join(directory, 'live', 'files', 'sha256', hex.slice(0, 2), hex.slice(2)), { force: true });
    expect(await backupStore(locked('live'), { onProgress })).toMatchObject({ missing: [] });
    expect(await restoreStore(locked('restored'))).toMatchObject({ missing: [] });
  });
});

describe('a restore', () => {
  it('leaves a record of who did it in the restored trail, and takes nobody in production', async () => {
    await work(policyFor('live'), 'x');
    const { path, auditRecords } = await backupStore(policyFor('live'));
    const production = policyFor('restored', {}, 'production');
    await expect(restoreStore(production)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await readdir(directory)).not.toContain('restored');
    const principal = { id: 'ada', type: 'person', authentication: 'application' } as const;
    await restoreStore(production, { principal });
    await using audit = new AuditLog(production, { principal });
    const [change, record] = await audit.list({ from: auditRecords });
    expect(change).toMatchObject({ action: 'policy.changed', resource: { id: 'production' } }); // it was development's
    expect(record).toMatchObject({
      seq: auditRecords + 1,
      action: 'storage.restore',
      actor: { id: 'ada' },
      detail: { from: path, auditRecords, files: 1, missing: 0 },
    });
    expect((await audit.verify()).status).toBe('ok');
  });

  it('takes a link to a backup, such as one to the newest', async () => {
    const runId = await work(policyFor('live'), 'x');
    const { path } = await backupStore(policyFor('live'));
    const newest = join(directory, 'newest');
    await symlink(path, newest);
    const target = policyFor('restored');
    expect(await restoreStore(target, { from: newest })).toMatchObject({ from: await realpath(path), artifacts: 1 });
    expect((await readBack(target, runId)).content).toBe('x');
  });

  it('that took longer than the recovery time objective says so', async () => {
    await work(policyFor('live'), 'x');
    await backupStore(policyFor('live'));
    const hasty = policyFor('a', { recoveryTimeObjectiveHours: 1e-9 });
    expect(await restoreStore(hasty)).toMatchObject({ meetsRecoveryTimeObjective: false });
    const careless = policyFor('b', { recoveryTimeObjectiveHours: 1e-9, disasterRecoveryEnabled: false });
    expect(await restoreStore(careless)).not.toHaveProperty('meetsRecoveryTimeObjective');
  });

  it('refuses a place that is not empty, and a missing or damaged backup', async () => {
    const config = policyFor('live');
    await work(config, 'x');
    const { path } = await backupStore(config);
    await expect(restoreStore(config)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    const target = policyFor('restored');
    await expect(restoreStore(target, { from: directory })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const database = join(path, 'records', 'bondx-mlops.db');
    const bytes = await readFile(database);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(database, bytes);
    await expect(restoreStore(target)).rejects.toMatchObject({ code: 'CORRUPT' });
    expect(await readdir(join(directory, 'restored', 'records'))).toEqual(['restoring']);
  });

  it('refuses a place where the log of a lost database is left: SQLite would read it into the restored one', async () => {
    const config = policyFor('live');
    const runId = await work(config, 'x');
    await backupStore(config);
    const records = join(directory, 'live', 'records');
    const database = join(records, 'bondx-mlops.db');
    const writer = await openFilesystemStorage(records);
    for (let i = 0; i < 50; i++) await writer.commit([{ kind: 'append', stream: 's', values: ['x'.repeat(5_000)] }]);
    await copyFile(`${database}-wal`, join(directory, 'log')); // as it is when every process was killed
    await writer.close();
    await rm(join(directory, 'live', 'files'), { recursive: true });
    await rm(database);
    await copyFile(join(directory, 'log'), `${database}-wal`);
    const refused = await restoreStore(config).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'ALREADY_EXISTS', message: expect.stringContaining('-wal') as string });
    await rm(`${database}-wal`);
    await restoreStore(config);
    expect((await readBack(config, runId)).points).toBe(5);
  });

  it('never replaces a store that came to its place meanwhile', async () => {
    await work(policyFor('live'), 'x');
    await backupStore(policyFor('live'));
    const target = policyFor('restored');
    const place = join(directory, 'restored', 'records', 'bondx-mlops.db');
    const onProgress = (_fraction: number, label: string): void => {
      if (label === 'files') writeFileSync(place, 'what somebody stored meanwhile');
    };
    await expect(restoreStore(target, { onProgress })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(await readFile(place, 'utf8')).toBe('what somebody stored meanwhile');
  });

  it('keeps its place while it goes on and after an interruption: whoever opens the store makes no empty one', async () => {
    const runId = await work(policyFor('live'), 'x');
    await backupStore(policyFor('live'));
    const target = policyFor('restored');
    const look = async (): Promise<unknown> => {
      await using tracker = new ExperimentTracker(policyFor('restored'));
      return await tracker.getRun(runId).catch((error: unknown) => error);
    };
    let seen: Promise<unknown> | undefined;
    const interruption = new AbortController();
    const onProgress = (): void => {
      seen ??= look();
      interruption.abort();
    };
    const { signal } = interruption;
    await expect(restoreStore(target, { onProgress, signal })).rejects.toMatchObject({ code: 'ABORTED' });
    const message = expect.stringMatching(/restore again, or remove .*restoring/) as string;
    expect(await seen).toMatchObject({ code: 'ILLEGAL_STATE', message });
    expect(await look()).toMatchObject({ code: 'ILLEGAL_STATE', message });
    await restoreStore(target);
    expect((await readBack(target, runId)).points).toBe(5);
  });

  it('that another one overtakes leaves the store of that one', async () => {
    const runId = await work(policyFor('live'), 'x');
    await backupStore(policyFor('live'));
    const target = policyFor('restored');
    let other: Promise<unknown> | undefined;
    const onProgress = (): void => void (other ??= restoreStore(target).catch(failureCode));
    const outcomes = [await restoreStore(target, { onProgress }).catch(failureCode), await other];
    expect(outcomes.filter((outcome) => outcome === 'ALREADY_EXISTS')).toHaveLength(1);
    expect((await readBack(target, runId)).points).toBe(5);
    await using audit = new AuditLog(target);
    expect((await audit.list({ action: 'storage.restore' })).length).toBe(1);
    expect(await readdir(join(directory, 'restored', 'records'))).not.toContain('restoring');
  });

  it('takes a backup that nobody may write to', async () => {
    await work(policyFor('live'), 'x');
    const { path } = await backupStore(policyFor('live'));
    await chmod(join(path, 'records', 'bondx-mlops.db'), 0o444);
    await restoreStore(policyFor('restored'));
    const { mode } = await stat(join(directory, 'restored', 'records', 'bondx-mlops.db'));
    expect(mode & 0o200).toBe(0o200);
  });

  it('says of a backup that lacks its database that it is damaged', async () => {
    await work(policyFor('live'), 'content');
    const { path } = await backupStore(policyFor('live'));
    await rm(join(path, 'records', 'bondx-mlops.db'));
    await expect(restoreStore(policyFor('restored'))).rejects.toMatchObject({ code: 'CORRUPT' });
    await mkdir(join(path, 'records', 'bondx-mlops.db'));
    await expect(restoreStore(policyFor('restored'))).rejects.toMatchObject({ code: 'CORRUPT' });
  });

  const inPool = (content: string): string => {
    const hex = createHash('sha256').update(content).digest('hex');
    return join(directory, 'backups', 'files', 'sha256', hex.slice(0, 2), hex.slice(2));
  };

  it('names files that its backup lacks or has damaged, and puts back all others: every backup has them in common', async () => {
    const lost = [await work(policyFor('live'), 'gone'), await work(policyFor('live'), 'damaged')];
    const kept = await work(policyFor('live'), 'kept');
    await backupStore(policyFor('live'));
    await rm(inPool('gone'));
    await writeFile(inPool('damaged'), 'DAMAGED');
    const target = policyFor('restored');
    const { artifacts, missing } = await restoreStore(target);
    expect(artifacts).toBe(1);
    expect(missing.map(({ namedBy }) => namedBy).sort()).toEqual(lost.map((id) => `runs/${id}`).sort());
    expect((await readBack(target, kept)).content).toBe('kept');
    await writeFile(inPool('damaged'), 'damaged'); // brought from another copy of the folder
    expect(await restoreStore(policyFor('again'))).toMatchObject({ artifacts: 2, missing: [{}] });
  });

  it('is interrupted within a file, too', async () => {
    await work(policyFor('live'), 'x'.repeat(1_000_000));
    await backupStore(policyFor('live'));
    const interruption = new AbortController();
    const onProgress = (_fraction: number, label: string): void => {
      if (label === 'files') setImmediate(() => interruption.abort());
    };
    await expect(
      restoreStore(policyFor('restored'), { signal: interruption.signal, onProgress }),
    ).rejects.toMatchObject({ code: 'ABORTED', message: 'interrupted before it was complete; run it again' });
    expect(await restoreStore(policyFor('restored'))).toMatchObject({ artifacts: 1 });
  });
});

describe('the recovery point', () => {
  it('is missed by backups that are too old, or were never made', async () => {
    const config = policyFor('live', { recoveryPointObjectiveHours: 4, backupFrequency: 'daily' });
    const clock = new FakeClock(Date.UTC(2026, 0, 1));
    expect(await backupStatus(config, { clock })).toMatchObject({ isDue: true, meetsRecoveryPointObjective: false });
    await work(config, 'x');
    await backupStore(config, { clock });
    expect(await backupStatus(config, { clock })).toMatchObject({ isDue: false, findings: [] });
    clock.advance(5 * hourMs);
    const late = await backupStatus(config, { clock });
    expect(late).toMatchObject({ isDue: false, meetsRecoveryPointObjective: false });
    expect(late.findings[0]).toMatch(
      /5\.0 hours old; backup\.recovery_point_objective_hours allows 4: make one now, and set backup\.backup_frequency/,
    );
    const hourly = policyFor('live', { recoveryPointObjectiveHours: 4, backupFrequency: 'hourly' });
    expect((await backupStatus(hourly, { clock })).findings[0]).toMatch(/make one now, and more often$/);
    const without = policyFor('live', { disasterRecoveryEnabled: false });
    expect((await backupStatus(without, { clock })).findings).toEqual([]);
    clock.advance(20 * hourMs);
    expect((await backupStatus(config, { clock })).isDue).toBe(true);
  });
});

it('is due by cron at the same time of the day, some seconds earlier or later', async () => {
  for (const [backupFrequency, hours] of [
    ['hourly', 1],
    ['daily', 24],
    ['weekly', 7 * 24],
    ['monthly', 28 * 24], // on the first of February, and of March
  ] as const) {
    const config = policyFor(backupFrequency, { backupFrequency, backupPath: `${directory}/${backupFrequency}` });
    await work(config, 'x');
    const clock = new FakeClock(Date.UTC(2026, 1, 1, 2, 0, 3));
    await backupStore(config, { clock });
    clock.advance((hours * hourMs) / 2);
    expect((await backupStatus(config, { clock })).isDue).toBe(false);
    clock.advance((hours * hourMs) / 2 - 2_000);
    expect([backupFrequency, (await backupStatus(config, { clock })).isDue]).toEqual([backupFrequency, true]);
    if (backupFrequency === 'hourly') continue;
    clock.advance(-hourMs); // where summer time has begun since, that is the same time of the day
    expect([backupFrequency, (await backupStatus(config, { clock })).isDue]).toEqual([backupFrequency, true]);
  }
});

it('a backup of a time to come is none that is recent', async () => {
  const config = policyFor('live');
  await work(config, 'x');
  const now = Date.UTC(2026, 0, 1);
  await backupStore(config, { clock: new FakeClock(now + 30 * 24 * hourMs) });
  const status = await backupStatus(config, { clock: new FakeClock(now) });
  expect(status).toMatchObject({ isDue: true, meetsRecoveryPointObjective: false });
  expect(status.findings[0]).toMatch(/2026-01-31T00:00:00\.000Z, which is yet to come; set the clock/);
  await backupStore(config, { clock: new FakeClock(now) });
  expect(await backupStatus(config, { clock: new FakeClock(now) })).toMatchObject({ isDue: false }); // that one still misleads
  const soon = { clock: new FakeClock(now + 30 * 24 * hourMs - 60_000) }; // two clocks are hardly ever the same
  expect(await backupStatus(config, soon)).toMatchObject({ isDue: false, findings: [] });
});

it('the command line backs up, tells the state and restores', async () => {
  const policy = join(directory, 'policy.yaml');
  await writeFile(
    policy,
    'data_storage_path: ./data\nsecurity:\n  encrypt_model_artifacts: false\ntracking:\n  artifact_storage_path: ./files\n',
  );
  const runId = await work(MLOpsConfig.fromYaml(policy, { environment: {} }), 'by hand');
  const bondx = (...args: string[]): Promise<number> => run([...args, '--config', policy, '--quiet']);
  expect(await bondx('backup', '--status')).toBe(3);
  expect(await bondx('backup', '--if-due')).toBe(0);
  expect(await bondx('backup', '--if-due')).toBe(0);
  expect(await bondx('backup', '--status')).toBe(0);
  expect((await readdir(join(directory, 'backups'))).length).toBe(2);
  const [digits] = await readdir(join(directory, 'files', 'sha256'));
  expect(await bondx('restore')).toBe(1);
  await rm(join(directory, 'data'), { recursive: true });
  await rm(join(directory, 'files'), { recursive: true });
  expect(await bondx('restore')).toBe(0);
  expect((await readBack(MLOpsConfig.fromYaml(policy, { environment: {} }), runId)).content).toBe('by hand');
  await rm(join(directory, 'files', 'sha256', digits!), { recursive: true });
  expect(await bondx('backup')).toBe(3);
});
