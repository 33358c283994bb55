import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type ArtifactStore,
  AuditLog,
  ExperimentTracker,
  MLOpsConfig,
  MemoryArtifactStore,
  MemoryStorage,
  type Storage,
  migrateStore,
  openFilesystemArtifacts,
  openFilesystemStorage,
} from '@bondx/mlops';
import { openPostgresStorage } from '@bondx/mlops/postgres';
import { run } from '../../src/cli/run.js';
import { measureStore } from '../../src/maintenance/store-content.js';
import { temporaryDirectory } from '../adapters/filesystem/temporary-directory.js';
import { PglitePool } from '../adapters/postgres/pglite-pool.js';
import { PostgresServer, whyNoPostgres } from '../adapters/postgres/postgres-server.js';
import { S3Server, whyNoS3Server } from '../adapters/s3/s3-server.js';
import { failure } from '../helpers.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const principal = { id: 'ada', type: 'person', authentication: 'application' } as const;
const config = MLOpsConfig.fromObject({ tracking: { logGitSha: false, logEnvironment: false } }, { environment: {} });

interface Pair {
  readonly storage: Storage;
  readonly artifacts: ArtifactStore;
}

const inMemory = (): Pair => ({ storage: new MemoryStorage(), artifacts: new MemoryArtifactStore() });

let directory: string;

async function inFiles(name: string): Promise<Pair> {
  const [storage, artifacts] = await Promise.all([
    openFilesystemStorage(join(directory, name, 'records'), { durability: 'process' }),
    openFilesystemArtifacts(join(directory, name, 'files')),
  ]);
  return { storage, artifacts };
}

/** Runs with points and files, and records with every kind of index field: over more than a page unless told. */
async function fill(pair: Pair, runs = 3, odd = 1_200): Promise<void> {
  const tracker = new ExperimentTracker(config, { ...pair, principal });
  for (let i = 0; i < runs; i++) {
    const runId = await tracker.startRun({ experimentName: 'e' });
    for (let step = 0; step < 3; step++) await tracker.logMetrics(runId, { loss: step }, { step });
    await tracker.logArtifact(runId, { name: 'a.txt', content: `content ${i}` });
    await tracker.endRun(runId);
  }
  await pair.storage.commit(
    Array.from({ length: odd }, (_, i) => ({
      kind: 'put',
      collection: 'odd',
      id: `é${i}`,
      value: { i, text: '😀' },
      index: { i: i % 7 === 0 ? NaN : i, maps: { a: -Infinity, b: null }, isOdd: i % 2 === 1, text: 'é' },
      expect: 'absent',
    })),
  );
}

const migrate = (from: Pair, to: Pair, more: object = {}) =>
  migrateStore({ from: { config, ...from }, to: { config, ...to }, principal, ...more });

/** The same storage with another way to commit. */
const through = (storage: Storage, commit: Storage['commit']): Storage => ({
  capabilities: storage.capabilities,
  get: (...args) => storage.get(...args),
  query: (...args) => storage.query(...args),
  read: (...args) => storage.read(...args),
  dump: (cursor) => storage.dump!(cursor),
  close: () => storage.close(),
  commit,
});

beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(() => vi.unstubAllEnvs());

describe('a migration', () => {
  it('says of two that copy into one store at once that the other one is there', async () => {
    const [from, to] = [inMemory(), inMemory()];
    await fill(from);
    const settled = await Promise.allSettled([migrate(from, to), migrate(from, to)]);
    const refused = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({
      code: 'CONFLICT',
      message: 'somebody else copies into memory at the same time; let one of you end, and migrate again to go on',
    });
    expect(await migrate(from, to)).toMatchObject({ status: 'already' });
  });

  it('copies everything, and the audit trail goes on', async () => {
    const [from, to] = [inMemory(), await inFiles('to')];
    await fill(from);
    const fractions: number[] = [];
    const result = await migrate(from, to, { onProgress: (fraction: number) => fractions.push(fraction) });
    expect(result).toMatchObject({ status: 'migrated', isResumed: false, files: 3, from: 'memory', to: 'filesystem' });
    expect(result.records).toBeGreaterThan(1_200);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));

    const audit = new AuditLog(config, { ...to, principal });
    expect(await audit.verify({ expectedHead: result.auditHead })).toMatchObject({
      status: 'ok',
      records: result.auditRecords + 1,
    });
    const [record] = await audit.list({ action: 'storage.migrate' });
    expect(record).toMatchObject({ actor: { id: 'ada' }, decision: 'allow', detail: { digest: result.digest } });
    const find = (storage: Storage) =>
      storage.query('odd', {
        where: {
          and: [
            { field: 'maps.a', op: 'lt', value: 0 },
            { field: 'isOdd', op: 'eq', value: true },
          ],
        },
        orderBy: [{ field: 'i', direction: 'desc' }],
        limit: 700,
      });
    const [before, after] = [await find(from.storage), await find(to.storage)];
    expect(after.records.map(({ id, value }) => [id, value])).toEqual(
      before.records.map(({ id, value }) => [id, value]),
    );
    expect(after.records).toHaveLength(600);
  });

  it('there and back, over PGlite, leaves equal content', async () => {
    const [first, back] = [await inFiles('first'), inMemory()];
    const pool = await PglitePool.create();
    const middle = { storage: await openPostgresStorage(pool), artifacts: new MemoryArtifactStore() };
    await fill(first, 3, 20);
    const there = await migrate(first, middle);
    const again = await migrate(middle, back);
    expect(again).toMatchObject({ records: there.records, entries: there.entries + 1, files: there.files });
    expect(await measureStore(back.storage)).toEqual({
      ...(await measureStore(middle.storage)),
      entries: again.entries + 1,
      digest: expect.any(String) as string,
    });
    await middle.storage.close();
    await pool.end();
  });

  /** A migration that was cut off while it copied. */
  async function stopped() {
    const [from, to] = [inMemory(), inMemory()];
    await fill(from);
    let commits = 0;
    const failing = through(to.storage, (changes, options) => {
      if (++commits === 3) throw new Error('the cable was cut');
      return to.storage.commit(changes, options);
    });
    await expect(migrate(from, { ...to, storage: failing })).rejects.toThrow('the cable was cut');
    return { from, to };
  }

  it('goes on where it was stopped, and one that was done says so', async () => {
    const { from, to } = await stopped();
    const { storage } = to;
    expect((await storage.query('odd', { limit: 2_000 })).records.length).toBeGreaterThan(0);
    const result = await migrate(from, to);
    expect(result).toMatchObject({ status: 'migrated', isResumed: true });
    expect(await migrate(from, to)).toMatchObject({ status: 'already', digest: result.digest });
    await fill(from, 1).catch(() => undefined); // records of these names are there; the run is new
    expect(await failure(migrate(from, to))).toMatchObject({ code: 'ILLEGAL_STATE' });
  });

  it('copies nothing out of a store that another one has not been copied into to the end', async () => {
    const { to: part } = await stopped();
    const target = inMemory();
    expect(await failure(migrate(part, target))).toMatchObject({
      code: 'ILLEGAL_STATE',
      message: expect.stringContaining('was not finished') as string,
    });
    expect((await target.storage.dump!()).items).toEqual([]);
  });

  it('that was stopped says that the source was written to since, before it copies the rest', async () => {
    const { from, to } = await stopped();
    const { storage } = to;
    await from.storage.commit([{ kind: 'put', collection: 'a', id: 'first of all', value: 1, expect: 'absent' }]);
    const before = await measureStore(storage);
    expect(await failure(migrate(from, to))).toMatchObject({
      code: 'ILLEGAL_STATE',
      message: expect.stringContaining('was written to since the copy began') as string,
    });
    expect(await measureStore(storage)).toEqual(before);
  });

  it('refuses a target that holds anything else, a source that changes, and nobody', async () => {
    const [from, to, other] = [inMemory(), inMemory(), inMemory()];
    await fill(from, 1, 10);
    await other.storage.commit([{ kind: 'append', stream: 's', values: [1] }]);
    expect(await failure(migrate(from, other))).toMatchObject({ code: 'ALREADY_EXISTS' });
    await migrate(from, to);
    await fill(other, 1, 10);
    expect(await failure(migrate(other, to))).toMatchObject({ code: 'ALREADY_EXISTS' });

    const target = inMemory();
    const writing = { onProgress: () => void from.storage.commit([{ kind: 'append', stream: 's', values: [1] }]) };
    expect(await failure(migrate(from, target, writing))).toMatchObject({ code: 'ILLEGAL_STATE' });

    const production = MLOpsConfig.fromObject(
      { environment: 'production', access: { bindings: [{ principal: 'ada', role: 'admin' }] } },
      { environment: {} },
    );
    const anonymous = migrateStore({ from: { config, ...from }, to: { config: production, ...inMemory() } });
    expect(await failure(anonymous)).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await failure(migrate(from, inMemory(), { signal: AbortSignal.abort() }))).toMatchObject({
      code: 'ABORTED',
    });
  });

  it('says what to do when it is interrupted within a file', async () => {
    const from = inMemory();
    await fill(from, 1, 10);
    const interruption = new AbortController();
    const get = from.artifacts.get.bind(from.artifacts);
    from.artifacts.get = (digest) => {
      interruption.abort();
      return get(digest);
    };
    expect(await failure(migrate(from, inMemory(), { signal: interruption.signal }))).toMatchObject({
      code: 'ABORTED',
      message: 'interrupted before it was complete; run it again',
    });
  });

  it('finds what was damaged on the way or in the source', async () => {
    const [from, to] = [inMemory(), inMemory()];
    await fill(from, 1, 10);
    const { storage } = to;
    const damaging = through(storage, (changes, options) =>
      storage.commit(
        changes.map((change) =>
          change.kind === 'put' && change.collection === 'odd' ? { ...change, value: 0 } : change,
        ),
        options,
      ),
    );
    expect(await failure(migrate(from, { ...to, storage: damaging }))).toMatchObject({ code: 'CORRUPT' });
    await from.storage.commit([{ kind: 'append', stream: 'audit', values: [{ v: 1 }] }]);
    expect(await failure(migrate(from, inMemory()))).toMatchObject({ code: 'CORRUPT' });
  });
});

const absent = whyNoPostgres() ?? whyNoS3Server();

describe.skipIf(absent !== undefined)(
  `migrating to PostgreSQL and S3${absent === undefined ? '' : ` (${absent})`}`,
  () => {
    let postgres: PostgresServer;
    let s3: S3Server;
    beforeAll(async () => {
      [postgres, s3] = await Promise.all([PostgresServer.start(), S3Server.start()]);
    });
    afterAll(() => Promise.all([postgres.close(), s3.close()]));

    const keys = 'keys: { path: ./local/records/keys.json }\n';
    const files = (name: string): string =>
      `storage: { path: ./${name}/records, artifacts_path: ./${name}/files, durability: process }\n${keys}`;

    async function policies(): Promise<{ local: string; remote: string; back: string }> {
      vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
      vi.stubEnv('TEST_DB_PASSWORD', 'hush');
      const { host } = new URL(postgres.url);
      const schema = `migrated_${Date.now()}`;
      const url = `postgres://postgres:\${TEST_DB_PASSWORD}@${host}/postgres`;
      const remote = `storage: { kind: postgres, url: "${url}", schema: ${schema}, artifacts_url: "${await s3.newBucket()}" }\n${keys}`;
      const paths = {
        local: join(directory, 'local.yaml'),
        remote: join(directory, 'remote.yaml'),
        back: join(directory, 'back.yaml'),
      };
      await writeFile(paths.local, files('local'));
      await writeFile(paths.remote, remote);
      await writeFile(paths.back, files('back'));
      await fill(await inFiles('local'), 3, 100);
      return paths;
    }

    async function bondx(line: string): Promise<{ code: number; out: string; err: string }> {
      let [out, err] = ['', ''];
      vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((out += String(text)), true));
      vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((err += String(text)), true));
      const code = await run(line.split(' ')).finally(() => vi.restoreAllMocks());
      return { code, out, err };
    }

    it('and back, on the command line, keeps the content', async () => {
      const { local, remote, back } = await policies();
      const there = await bondx(`storage migrate --from ${local} --to ${remote} --json`);
      expect(there.code, there.err).toBe(0);
      const first = JSON.parse(there.out) as { digest: string; records: number; entries: number; files: number };
      expect(there.out).not.toContain('hush');
      expect((await bondx(`storage migrate --from ${local} --to ${remote}`)).out).toContain('was copied before');
      expect((await bondx(`audit verify --config ${remote}`)).code).toBe(0);
      const returned = await bondx(`storage migrate --config ${remote} --to ${back} --json`);
      expect(returned.code, returned.err).toBe(0);
      expect(JSON.parse(returned.out)).toMatchObject({
        records: first.records,
        entries: first.entries + 1,
        files: first.files,
      });
      expect(await readdir(join(directory, 'back', 'files', 'sha256'))).toHaveLength(3);
      const again = await bondx(`storage migrate --from ${local} --to ${local}`);
      expect(again).toMatchObject({ code: 2, err: expect.stringContaining('both policies select') as string });
      const none = await bondx(`storage migrate --from ${back} --to ${remote}`);
      expect(none.code).toBe(1); // the copy has the record of its own migration, so it is another state
    });

    it('that is killed is gone on with; until then nobody may use what is there', async () => {
      const { local, remote } = await policies();
      const child = spawn(
        process.execPath,
        ['--import', 'tsx', 'tests/maintenance/migrate-and-die.ts', local, remote],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      await once(child, 'exit');
      expect(child.signalCode).toBe('SIGKILL');
      const used = await bondx(`list --runs --config ${remote}`);
      expect(used).toMatchObject({ code: 1, err: expect.stringContaining('was not finished') as string });
      const rest = await bondx(`storage migrate --from ${local} --to ${remote} --json`);
      expect(rest.code, rest.err).toBe(0);
      expect(JSON.parse(rest.out)).toMatchObject({ status: 'migrated', isResumed: true });
      expect((await bondx(`list --runs --config ${remote}`)).code).toBe(0);
    });
  },
);

it('the keys that the files of a copy need, and that its policy has not in place, are named', async () => {
  await fill(await inFiles('from'), 1, 1);
  const [from, to] = [join(directory, 'from.yaml'), join(directory, 'to.yaml')];
  await writeFile(from, 'storage: { path: ./from/records, artifacts_path: ./from/files }\n');
  await writeFile(to, 'storage: { path: ./to/records, artifacts_path: ./to/files }\n');
  const key = join(directory, 'from', 'records', 'keys.json');
  const { keys } = JSON.parse(await readFile(key, 'utf8')) as { keys: { id: string; purpose: string }[] };
  const encryption = keys.filter(({ purpose }) => purpose === 'artifact_encryption').map(({ id }) => id);
  expect(encryption).toHaveLength(1);
  const sides = { from: { config: MLOpsConfig.fromYaml(from) }, to: { config: MLOpsConfig.fromYaml(to) } };
  expect(await migrateStore(sides)).toMatchObject({ status: 'migrated', missingKeys: encryption });
  const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  expect(await run(['storage', 'migrate', '--from', from, '--to', to])).toBe(3);
  expect(String(said.mock.calls)).toContain(`the keys ${encryption[0]} are not there`);
  said.mockRestore();
  await copyFile(key, join(directory, 'to', 'records', 'keys.json'));
  expect(await migrateStore(sides)).toMatchObject({ status: 'already', missingKeys: [] });
});

it('a store that is not there is not made to be copied', async () => {
  const [from, to] = [join(directory, 'from.yaml'), join(directory, 'to.yaml')];
  await writeFile(from, 'storage: { path: ./nothing }\n');
  await writeFile(to, 'storage: { path: ./to }\n');
  const sides = { from: { config: MLOpsConfig.fromYaml(from) }, to: { config: MLOpsConfig.fromYaml(to) } };
  expect(await failure(migrateStore(sides))).toMatchObject({ code: 'NOT_FOUND' });
  expect(await readdir(directory)).toEqual(['from.yaml', 'to.yaml']);
  await rm(from);
});
