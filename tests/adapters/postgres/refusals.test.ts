import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openPostgresStorage } from '../../../src/adapters/postgres/postgres-storage.js';
import type { Change } from '../../../src/storage/storage.js';
import { createRandom, randomInt } from '../../../src/util/random.js';
import { failure } from '../../helpers.js';
import { PostgresServer, whyNoPostgres } from './postgres-server.js';
import { freshSchema } from './schemas.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const absent = whyNoPostgres();
const put = (id: string, collection = 'c'): Change => ({ kind: 'put', collection, id, value: 1, expect: 'any' });

it.each(['sslrootcert=/nowhere/ca.pem', `sslcert=${encodeURIComponent(process.cwd())}`])(
  'a file for TLS that cannot be read, %s, is not called a server out of reach',
  async (file) => {
    const url = `postgres://user:unused@127.0.0.1:1/bondx?sslmode=verify-full&${file}`;
    expect(await failure(openPostgresStorage(url))).toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      message: expect.stringContaining('check sslrootcert, sslcert and sslkey') as string,
    });
  },
);

describe.skipIf(absent !== undefined)(`a server that refuses${absent === undefined ? '' : ` (${absent})`}`, () => {
  let server: PostgresServer;
  let admin: pg.Client;

  beforeAll(async () => {
    server = await PostgresServer.start();
    admin = new pg.Client({ connectionString: server.url });
    await admin.connect();
  });
  afterAll(async () => {
    await admin.end();
    await server.close();
  });

  /** A storage with one record, in a schema of its own. */
  async function opened() {
    const schema = freshSchema();
    const storage = await openPostgresStorage(server.url, { schema });
    await storage.commit([put('a')]);
    return { schema, storage };
  }
  const urlOf = (role: string): string => server.url.replace('postgres:unused', `${role}:unused`);

  it('sessions that were idle is asked again on another connection', async () => {
    const { schema, storage } = await opened();
    await storage.close();
    await admin.query("create role idler login superuser; alter role idler set idle_session_timeout = '20ms'");
    const idler = await openPostgresStorage(urlOf('idler'), { schema });
    for (let i = 0; i < 100; i++) {
      expect(await idler.get('c', 'a')).toMatchObject({ value: 1 });
      await delay(19);
    }
    await idler.close();
  });

  it.each([
    ['an encrypted connection', () => `${server.url}?sslmode=require`, 'sslmode'],
    ['a user without a password', () => urlOf('secretive').replace(':unused', ''), 'check name and password'],
  ])('%s says so', async (_, url, message) => {
    await admin.query('drop role if exists secretive');
    await admin.query("set password_encryption = 'scram-sha-256'; create role secretive login password 'known'");
    server.demandPassword('secretive');
    await admin.query('select pg_reload_conf()');
    const expected = { code: 'STORAGE_UNAVAILABLE', message: expect.stringContaining(message) as string };
    const isRefused = async (): Promise<void> =>
      expect(await failure(openPostgresStorage(url()))).toMatchObject(expected);
    await vi.waitFor(isRefused, 60_000); // once the server has read its configuration
  });

  it('reading says what to grant', async () => {
    const { schema, storage } = await opened();
    await admin.query('create role stranger login');
    const denied = () => failure(openPostgresStorage(urlOf('stranger'), { schema }));
    const expected = {
      code: 'STORAGE_UNAVAILABLE',
      message: expect.stringContaining('reading is not permitted') as string,
    };
    expect(await denied()).toMatchObject(expected);
    await admin.query(`grant usage on schema ${schema} to stranger`);
    expect(await denied()).toMatchObject(expected);
    await admin.query(`grant select on all tables in schema ${schema} to stranger`);
    const reader = await openPostgresStorage(urlOf('stranger'), { schema });
    expect(await reader.get('c', 'a')).toMatchObject({ value: 1 });
    expect(await failure(reader.commit([put('b')]))).toMatchObject({ code: 'STORAGE_READ_ONLY' });
    await reader.close();
    await storage.close();
  });

  it('statements that take too long says so', async () => {
    const { schema, storage } = await opened();
    await admin.query("create role hasty login superuser; alter role hasty set statement_timeout = '100ms'");
    const hasty = await openPostgresStorage(urlOf('hasty'), { schema });
    await admin.query(`begin; lock table ${schema}.records in access exclusive mode`);
    const error = await failure(hasty.get('c', 'a'));
    await admin.query('rollback');
    expect(error).toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      message: expect.stringContaining('statement_timeout') as string,
    });
    await hasty.close();
    await storage.close();
  });

  it('what is asked of tables that were removed says so', async () => {
    const { schema, storage } = await opened();
    await admin.query(`drop schema ${schema} cascade`);
    expect(await failure(storage.get('c', 'a'))).toMatchObject({ code: 'CORRUPT' });
    expect(await failure(storage.commit([put('b')]))).toMatchObject({ code: 'CORRUPT' });
    await storage.close();
  });

  it('names that are too long for its indexes refuses them, and nothing that is committed at the same time', async () => {
    const { storage } = await opened();
    const random = createRandom(1);
    const name = (): string =>
      // compressed, a text that repeats itself would fit
      Array.from({ length: 512 }, () => String.fromCharCode(0x4e00 + randomInt(random, 20_000))).join('');
    const commits = [put('b'), put(name(), name()), put('d')].map((change) => storage.commit([change]));
    expect((await Promise.allSettled(commits)).map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(await failure(commits[1]!)).toMatchObject({ code: 'INVALID_INPUT' });
    expect((await storage.query('c')).records.map(({ id }) => id)).toEqual(['a', 'b', 'd']);
    await storage.close();
  });
});

describe.skipIf(absent !== undefined)('a server that follows another one', () => {
  it('is read, takes no writes until it is the primary one, and is left for the next write', async () => {
    const server = await PostgresServer.start();
    const pool = new pg.Pool({ connectionString: server.url });
    pool.on('error', () => undefined);
    const storage = await openPostgresStorage(pool);
    await storage.commit([put('a')]);
    await server.becomeStandby();
    expect(await storage.get('c', 'a')).toMatchObject({ value: 1 });
    let left = 0;
    pool.on('remove', () => left++);
    const readOnly = { code: 'STORAGE_READ_ONLY', message: expect.stringContaining('the primary server') as string };
    expect(await failure(storage.commit([put('b')]))).toMatchObject(readOnly);
    await vi.waitFor(() => expect(left).toBe(1), 60_000); // its name may have come to stand for another server
    expect(await failure(storage.watch!(['c'], () => undefined))).toMatchObject(readOnly);
    await pool.query('select pg_promote()');
    await storage.commit([put('b')]);
    await storage.close();
    await pool.end();
    await server.close();
  });
});

describe.skipIf(absent !== undefined)('a pool', () => {
  it('without a free connection is not called a server out of reach', async () => {
    const server = await PostgresServer.start();
    const pool = new pg.Pool({ connectionString: server.url, max: 2, connectionTimeoutMillis: 50 });
    const clients = [await pool.connect(), await pool.connect()];
    expect(await failure(openPostgresStorage(pool))).toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      message: expect.stringContaining('stayed in use') as string,
    });
    for (const client of clients) client.release();
    await pool.end();
    await server.close();
  });
});

describe('what cannot be meant', () => {
  it('is refused before the server is asked', async () => {
    const narrow = new pg.Pool({ max: 1 });
    const url = 'postgres://nobody@127.0.0.1:1/none';
    expect(await failure(openPostgresStorage(narrow))).toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('give it two') as string,
    });
    expect(await failure(openPostgresStorage(url, { shema: 'b' } as object))).toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('no option "shema"') as string,
    });
    await narrow.end();
  });
});
