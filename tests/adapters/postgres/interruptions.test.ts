import { setImmediate } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openPostgresStorage } from '../../../src/adapters/postgres/postgres-storage.js';
import type { PostgresPool, PostgresPoolClient } from '../../../src/adapters/postgres/postgres-client.js';
import { ConflictError } from '../../../src/errors.js';
import type { Storage } from '../../../src/storage/storage.js';
import { createRandom, randomInt } from '../../../src/util/random.js';
import { PostgresServer, whyNoPostgres } from './postgres-server.js';
import { freshSchema } from './schemas.js';
import { SilentProxy } from './silent-proxy.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const absent = whyNoPostgres();

describe.skipIf(absent !== undefined)(`connections that break${absent === undefined ? '' : ` (${absent})`}`, () => {
  let server: PostgresServer;
  let admin: pg.Client;

  const connectAdmin = async (): Promise<void> => {
    admin = new pg.Client({ connectionString: server.url, application_name: 'admin' });
    admin.on('error', () => undefined);
    await admin.connect();
  };
  beforeAll(async () => {
    server = await PostgresServer.start();
    await connectAdmin();
  });
  afterAll(async () => {
    await admin.end();
    await server.close();
  });

  const terminateAll = () =>
    admin.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'bondx-mlops'");

  /** Adds one to a counter and appends to a stream in one commit, again and again; returns how many were acknowledged. */
  async function increment(storage: Storage, writer: number, isOver: () => boolean): Promise<number> {
    let acknowledged = 0;
    while (!isOver()) {
      const counter = await storage.get('c', 'counter');
      try {
        await storage.commit([
          {
            kind: 'put',
            collection: 'c',
            id: 'counter',
            value: Number(counter?.value ?? 0) + 1,
            expect: counter?.version ?? 'absent',
          },
          { kind: 'append', stream: 's', values: [[writer, acknowledged]] },
          { kind: 'append', stream: `own/${writer}`, values: [acknowledged], expect: acknowledged },
        ]);
        acknowledged++;
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error;
        // A commit that applied twice would be refused here the second time, and count below as one too many.
      }
    }
    return acknowledged;
  }

  async function expectExactly(storage: Storage, acknowledged: readonly number[]): Promise<void> {
    const total = acknowledged.reduce((sum, count) => sum + count, 0);
    expect((await storage.get('c', 'counter'))?.value).toBe(total);
    expect((await storage.read('s')).length).toBe(total);
    for (const [writer, count] of acknowledged.entries()) {
      expect((await storage.read(`own/${writer}`)).entries.map(({ value }) => value)).toEqual(
        Array.from({ length: count }, (_, i) => i),
      );
    }
  }

  it('backends terminated at random moments lose no acknowledged commit and apply none twice', async () => {
    const schema = freshSchema();
    const random = createRandom(7);
    const storages = await Promise.all(
      Array.from({ length: 4 }, () => openPostgresStorage(server.url, { schema, patienceMs: 60_000 })),
    );
    let isOver = false;
    const writing = Promise.all(storages.map((storage, writer) => increment(storage, writer, () => isOver)));
    for (let round = 0; round < 60; round++) {
      const { length } = await storages[0]!.read('s');
      const target = length + randomInt(random, 4);
      while ((await storages[0]!.read('s')).length < target) await setImmediate();
      await terminateAll();
    }
    isOver = true;
    const acknowledged = await writing;
    await expectExactly(storages[1]!, acknowledged);
    await Promise.all(storages.map((storage) => storage.close()));
  });

  it('a server that is stopped or killed and comes back loses no acknowledged commit and applies none twice', async () => {
    const schema = freshSchema();
    const storages = await Promise.all(
      Array.from({ length: 3 }, () => openPostgresStorage(server.url, { schema, patienceMs: 60_000 })),
    );
    let isOver = false;
    const writing = Promise.all(storages.map((storage, writer) => increment(storage, writer, () => isOver)));
    for (const end of ['kill', 'stop', 'kill'] as const) {
      const target = (await storages[0]!.read('s')).length + 10;
      while ((await storages[0]!.read('s')).length < target) await setImmediate();
      await server[end]();
      await server.run();
    }
    isOver = true;
    await expectExactly(storages[0]!, await writing);
    await Promise.all(storages.map((storage) => storage.close()));
    await connectAdmin();
  });

  /** A pool whose connection is cut the first time a commit is sent: before it leaves, or after the server did it. */
  function cutting(moment: 'before' | 'after'): { readonly pool: PostgresPool; readonly end: () => Promise<void> } {
    const inner = new pg.Pool({ connectionString: server.url });
    inner.on('error', () => undefined);
    let isCut = false;
    const connect = async (): Promise<PostgresPoolClient> => {
      const client = await inner.connect();
      return {
        on: client.on.bind(client),
        release: (destroy) => client.release(destroy),
        query: async (query) => {
          if (isCut || !query.text.endsWith('; commit')) return client.query({ ...query });
          isCut = true;
          if (moment === 'after') await client.query({ ...query });
          throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
        },
      };
    };
    return { pool: { connect, end: () => inner.end() }, end: () => inner.end() };
  }

  it.each(['before', 'after'] as const)(
    'a connection cut %s the server commits: the commit is there once',
    async (moment) => {
      const { pool, end } = cutting(moment);
      const schema = freshSchema();
      await (await openPostgresStorage(server.url, { schema })).close();
      const storage = await openPostgresStorage(pool, { schema });
      const results = await storage.commit([
        { kind: 'put', collection: 'c', id: 'a', value: 1, expect: 'absent' },
        { kind: 'append', stream: 's', values: [1, 2] },
      ]);
      expect(results).toEqual([(await storage.get('c', 'a'))?.version, 2]);
      expect((await storage.read('s')).length).toBe(2);
      await storage.close();
      await end();
    },
  );

  it('a server that stays away leaves the commit in doubt, and the error says so', async () => {
    const schema = freshSchema();
    const storage = await openPostgresStorage(server.url, { schema, patienceMs: 200 });
    const lock = new pg.Client({ connectionString: server.url });
    await storage.commit([{ kind: 'append', stream: 's', values: [1] }]);
    await lock.connect();
    // holds the commit back at its last statement, until the server is killed
    await lock.query(`begin; lock table ${schema}.writers in exclusive mode`);
    const committing = storage.commit([{ kind: 'append', stream: 's', values: [2] }]);
    lock.on('error', () => undefined);
    for (;;) {
      const { rows } = await admin.query(
        "select 1 from pg_stat_activity where query like '%commit' and wait_event_type = 'Lock'",
      );
      if (rows.length > 0) break;
    }
    const outcome = expect(committing).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      message: expect.stringMatching(/not known whether the commit was written/) as string,
    });
    await server.kill();
    await outcome;
    await server.run();
    await connectAdmin();
    expect((await storage.read('s')).length).toBe(1);
    await storage.close();
  });

  const append = (storage: Storage) => storage.commit([{ kind: 'append', stream: 's', values: [2] }]);
  const lockTable = (table: string) => (schema: string) => `lock table ${schema}.${table} in access exclusive mode`;

  /** Calls, and what keeps the server from answering them. */
  const calls = {
    'a read': { call: (storage: Storage) => storage.read('s'), hold: lockTable('chunks'), length: 1 },
    'a commit that waits for its turn': {
      call: append,
      hold: (schema: string) => `select pg_advisory_xact_lock(hashtextextended('bondx-mlops/${schema}', 0))`,
      length: 2,
    },
    'a commit under way': { call: append, hold: lockTable('chunks'), length: 2 },
    'a commit that is being confirmed': { call: append, hold: lockTable('writers'), length: 2 },
  };

  async function heldUp(name: keyof typeof calls, patienceMs: number, parameters = '') {
    const { call, hold } = calls[name];
    const schema = freshSchema();
    const proxy = await SilentProxy.start(server.url);
    const storage = await openPostgresStorage(`${proxy.url}${parameters}`, { schema, patienceMs });
    await storage.commit([{ kind: 'append', stream: 's', values: [1] }]);
    const holder = new pg.Client({ connectionString: server.url });
    await holder.connect();
    await holder.query(`begin; ${hold(schema)}`);
    const calling = call(storage);
    while ((await admin.query('select 1 from pg_locks where not granted')).rows.length === 0) await setImmediate();
    const close = async (): Promise<void> => {
      await storage.close();
      await proxy.close();
      await holder.end();
    };
    return { storage, proxy, calling, release: () => holder.query('commit'), close };
  }

  it.each(Object.keys(calls) as (keyof typeof calls)[])(
    'on a connection that fell silent, %s is given up, and done on another one',
    async (name) => {
      const { storage, proxy, calling, release, close } = await heldUp(name, 2_000);
      proxy.silence();
      await release();
      await calling;
      expect((await storage.read('s')).length).toBe(calls[name].length);
      await close();
    },
  );

  it.each(Object.keys(calls) as (keyof typeof calls)[])('%s that takes long is waited for', async (name) => {
    const { storage, proxy, calling, release, close } = await heldUp(name, 1_000);
    while (proxy.heard('pg_stat_activity') < 4) await setImmediate(); // longer than the patience
    await release();
    await calling;
    expect((await storage.read('s')).length).toBe(calls[name].length);
    await close();
  });

  it('where the server does not tell what it works on, nothing is given up', async () => {
    const { storage, proxy, calling, release, close } = await heldUp(
      'a read',
      1_000,
      '?options=-c%20track_activities=off',
    );
    while (proxy.heard('pg_stat_activity') < 4) await setImmediate();
    const before = await admin.query("select pid from pg_stat_activity where state = 'disabled'");
    await release();
    await calling;
    const after = await admin.query("select pid from pg_stat_activity where state = 'disabled'");
    expect(after.rows).toEqual(before.rows);
    expect(before.rows.length).toBeGreaterThan(1);
    expect((await storage.read('s')).length).toBe(1);
    await close();
  });

  it('a watcher whose connection broke catches up', async () => {
    const schema = freshSchema();
    const [storage, other] = [
      await openPostgresStorage(server.url, { schema }),
      await openPostgresStorage(server.url, { schema }),
    ];
    let heard: () => void = () => undefined;
    await storage.watch?.(['c'], () => heard());
    for (let i = 0; i < 3; i++) {
      await terminateAll();
      const value = new Promise<void>((resolve) => {
        heard = () => void storage.get('c', 'a').then((record) => record?.value === i && resolve());
      });
      await other.commit([{ kind: 'put', collection: 'c', id: 'a', value: i, expect: 'any' }]);
      await value;
    }
    await storage.close();
    await other.close();
  });
});
