import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { AuditLog, ConflictError, type JsonValue, MemoryStorage } from '@bondx/mlops';
import { countingIds } from '@bondx/mlops/testing';
import { type AuditEntry, auditActor, chainRecord, emptyTail } from '../../../src/governance/audit-record.js';
import { listAuditRecords, readAuditTrail } from '../../../src/governance/audit-trail.js';
import { verifyAuditTrail } from '../../../src/governance/audit/verify-stored-log.js';
import { commitAudited } from '../../../src/governance/audit-writer.js';
import { createContext } from '../../../src/runtime/context.js';
import { createWorld, failure } from '../../helpers.js';
import { ada, at, entryOf, over } from './log-fixture.js';

async function storeOf(entries: readonly AuditEntry[]): Promise<MemoryStorage> {
  const storage = new MemoryStorage();
  const values: JsonValue[] = [];
  let tail = emptyTail('log');
  for (const entry of entries) {
    const chained = chainRecord(entry, tail);
    values.push(chained.record as unknown as JsonValue);
    tail = chained.tail;
  }
  await storage.commit([{ kind: 'append', stream: 'audit', values }]);
  return storage;
}

describe('the records that match', () => {
  const entries = [
    entryOf(0),
    entryOf(1, { actor: { ...ada, onBehalfOf: 'bob' } }),
    entryOf(2, { actor: { ...ada, id: 'bob' }, action: 'b' }),
    entryOf(3, { actor: { ...ada, id: 'cleo', breakGlass: 'g1' }, resource: { type: 'run', id: 'r0' } }),
    entryOf(4, { actor: { ...ada, id: 'cleo', breakGlass: 'g2' }, decision: 'deny' }),
  ];
  const iso = (i: number): string => new Date(at + i * 1000).toISOString();

  it.each([
    [{}, [0, 1, 2, 3, 4]],
    [{ actor: 'bob' }, [1, 2]],
    [{ actor: 'ada' }, [0, 1]],
    [{ action: 'b' }, [2]],
    [{ action: 'a' }, [0, 1, 3, 4]],
    [{ resourceId: 'r0' }, [0, 3]],
    [{ breakGlass: 'g1' }, [3]],
    [{ since: iso(2) }, [2, 3, 4]],
    [{ until: iso(2) }, [0, 1]],
    [{ since: iso(1), until: iso(3) }, [1, 2]],
    [{ from: 3 }, [3, 4]],
    [{ limit: 2 }, [0, 1]],
    [{ actor: 'cleo', limit: 1 }, [3]],
    [{ limit: 0 }, []],
    [{ limit: -1 }, []],
    [{ actor: 'ada', action: 'b' }, []],
    [{ decision: 'deny' as const }, [4]],
    [{ decision: 'allow' as const, limit: 2 }, [0, 1]],
    [{ newestFirst: true }, [4, 3, 2, 1, 0]],
    [{ newestFirst: true, limit: 2 }, [4, 3]],
    [{ newestFirst: true, from: 3 }, [4, 3]],
    [{ newestFirst: true, resourceId: 'r0', limit: 1 }, [3]],
    [{ newestFirst: true, since: iso(1), until: iso(3) }, [2, 1]],
  ])('%j are %j', async (filter, expected) => {
    const found = await listAuditRecords(await storeOf(entries), filter);
    expect(found.map(({ seq }) => seq)).toEqual(expected);
  });

  it('are not looked for by what no record has', async () => {
    const storage = await storeOf(entries);
    for (const filter of [{ resource: 'r0' }, { decision: 'denied' }, 'ada'] as object[]) {
      expect(await failure(listAuditRecords(storage, filter)), JSON.stringify(filter)).toMatchObject({
        code: 'INVALID_INPUT',
      });
    }
  });

  it('are a hundred unless more are asked for, wherever they are, past what is no record', async () => {
    const storage = await storeOf(Array.from({ length: 1_700 }, (_, i) => entryOf(i)));
    await storage.commit([{ kind: 'append', stream: 'audit', values: [null, 'x', { v: 1 }] }]);
    const found = async (filter = {}) => (await listAuditRecords(storage, filter)).map(({ seq }) => seq);
    expect(await found()).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(await found({ resourceId: 'r1699' })).toEqual([1699]);
    expect(await found({ limit: 5_000 })).toHaveLength(1_700);
    expect(await found({ from: 1_600, limit: 5_000 })).toHaveLength(100);
    const backwards = Array.from({ length: 1_700 }, (_, i) => 1_699 - i);
    expect(await found({ newestFirst: true, limit: 5_000 })).toEqual(backwards);
    expect(await found({ newestFirst: true, from: 30, limit: 5_000 })).toEqual(backwards.slice(0, -30));
    expect(await found({ newestFirst: true })).toEqual(backwards.slice(0, 100));
    expect(await verifyAuditTrail(storage)).toMatchObject({ status: 'corrupt', position: 1_700 });
  });

  it('are looked for between times', async () => {
    const storage = await storeOf(entries);
    for (const filter of [{ since: 'yesterday' }, { until: '' }, { since: '2026-02-30' }, { until: '5' }]) {
      expect(await failure(listAuditRecords(storage, filter))).toMatchObject({ code: 'INVALID_INPUT' });
    }
  });

  it('are looked for by UTC, wherever the host is', async () => {
    const storage = await storeOf(entries);
    vi.stubEnv('TZ', 'Pacific/Apia');
    const found = await listAuditRecords(storage, { since: iso(2).slice(0, -1) });
    vi.unstubAllEnvs();
    expect(found.map(({ seq }) => seq)).toEqual([2, 3, 4]);
  });
});

describe('reading the trail', () => {
  it('takes ever larger pages up to 8,000, and no more reads than it needs', async () => {
    const storage = await storeOf(Array.from({ length: 15_500 }, (_, i) => entryOf(i)));
    const reads: (readonly [number | undefined, number | undefined])[] = [];
    const watched = over(storage, {
      read: (stream, options) => {
        reads.push([options?.from, options?.limit]);
        return storage.read(stream, options);
      },
    });
    let next = 0;
    for await (const { seq } of readAuditTrail(watched)) expect(seq).toBe(next++);
    expect(next).toBe(15_500);
    expect(reads).toEqual([
      ...[
        [0, 500],
        [500, 1_000],
        [1_500, 2_000],
        [3_500, 4_000],
        [7_500, 8_000],
      ],
    ]);
    for await (const { seq } of readAuditTrail(watched, 15_499)) expect(seq).toBe(15_499);
    expect(reads).toHaveLength(6);
  });

  it('ends where the log ended as it began, however fast others write', async () => {
    const storage = await storeOf(Array.from({ length: 700 }, (_, i) => entryOf(i)));
    let reads = 0;
    const busy = over(storage, {
      read: async (stream, options) => {
        const page = await storage.read(stream, options);
        if (++reads > 50) throw new Error('it reads on and on');
        await storage.commit([{ kind: 'append', stream, values: [{ written: 'meanwhile' }] }]);
        return page;
      },
    });
    const seen: number[] = [];
    for await (const { seq } of readAuditTrail(busy)) seen.push(seq);
    expect(seen).toEqual(Array.from({ length: 700 }, (_, i) => i));
  });

  it('stops when it is told to, and leaves no part of an export', async () => {
    const { config, options } = createWorld();
    const audit = new AuditLog(config, { ...options, storage: await storeOf([entryOf(0), entryOf(1)]) });
    const folder = await mkdtemp(join(tmpdir(), 'audit-'));
    const whole = join(folder, 'whole.jsonl');
    await audit.export(whole);
    const told = { signal: AbortSignal.abort() };
    expect((await failure(audit.verify(told))).code).toBe('ABORTED');
    expect((await failure(audit.export(join(folder, 'other'), told))).code).toBe('ABORTED');
    expect((await failure(audit.verifyExport(whole, told))).code).toBe('ABORTED');
    expect(await readdir(folder)).toEqual(['whole.jsonl']);
    await rm(folder, { recursive: true });
  });

  it('says how far it is, of a store and of an export', async () => {
    const { config, options } = createWorld();
    const storage = await storeOf(Array.from({ length: 3_000 }, (_, i) => entryOf(i)));
    const audit = new AuditLog(config, { ...options, storage });
    const folder = await mkdtemp(join(tmpdir(), 'audit-'));
    const path = join(folder, 'whole.jsonl');
    const progressOf = async (work: (watch: { onProgress(fraction: number): void }) => Promise<unknown>) => {
      const fractions: number[] = [];
      await work({ onProgress: (fraction) => void fractions.push(fraction) });
      expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
      return fractions;
    };
    // 500 records, twice as many, and the rest.
    expect(await progressOf((watch) => audit.verify(watch))).toEqual([1 / 6, 1 / 2, 1]);
    expect(await progressOf((watch) => audit.export(path, watch))).toEqual([1 / 6, 1 / 2, 1]);
    const ofExport = await progressOf((watch) => audit.verifyExport(path, watch));
    expect(ofExport.length).toBeGreaterThan(4);
    expect([ofExport[0]! < 0.5, ofExport.at(-1)]).toEqual([true, 1]);
    await rm(folder, { recursive: true });
  });

  it('ends where a store has fewer entries than it says', async () => {
    const storage = await storeOf([entryOf(0)]);
    const lying = over(storage, { read: async (...args) => ({ ...(await storage.read(...args)), length: 5 }) });
    const seen: number[] = [];
    for await (const { seq } of readAuditTrail(lying)) seen.push(seq);
    expect(seen).toEqual([0]);
  });
});

describe('writing to the trail', () => {
  it('goes on when another process moved the end, and lasts', async () => {
    const storage = new MemoryStorage();
    const durability: unknown[] = [];
    const ids = countingIds();
    const processes = [0, 1].map(() =>
      over(storage, {
        commit: async (changes, options) => {
          durability.push(options?.durability);
          return storage.commit(changes, options);
        },
      }),
    );
    for (let i = 0; i < 6; i++) expect(await commitAudited(processes[i % 2]!, ids, [], entryOf(i))).toBe(i + 1);
    expect(await verifyAuditTrail(storage)).toMatchObject({ status: 'ok', records: 6 });
    expect(new Set(durability)).toEqual(new Set(['power']));
  });

  it('reads the end once, and again after a failure', async () => {
    const storage = new MemoryStorage();
    let [reads, isBroken] = [0, false];
    const watched = over(storage, {
      read: (...args) => {
        reads++;
        return storage.read(...args);
      },
      commit: async (...args) => {
        if (isBroken) throw new Error('medium gone');
        return storage.commit(...args);
      },
    });
    const ids = countingIds();
    for (let i = 0; i < 3; i++) await commitAudited(watched, ids, [], entryOf(i));
    expect(reads).toBe(1);
    isBroken = true;
    expect((await failure(commitAudited(watched, ids, [], entryOf(3)))).message).toBe('medium gone');
    isBroken = false;
    await commitAudited(watched, ids, [], entryOf(3));
    expect(reads).toBe(3);
    expect(await verifyAuditTrail(storage)).toMatchObject({ status: 'ok', records: 4 });
  });

  it('leaves conflicts of everything else to whoever planned the change', async () => {
    const storage = new MemoryStorage();
    const change = { kind: 'put', collection: 'runs', id: 'r', value: 1, expect: 7 } as const;
    const lost = failure(commitAudited(storage, countingIds(), [change], entryOf(0)));
    expect(await lost).toBeInstanceOf(ConflictError);
    const append = { kind: 'append', stream: 'points', values: [1], expect: 7 } as const;
    expect(await failure(commitAudited(storage, countingIds(), [append], entryOf(0)))).toMatchObject({
      conflict: { kind: 'stream', stream: 'points' },
    });
    expect((await storage.read('audit')).length).toBe(0);
  });
});

describe('an actor', () => {
  it('is whoever is known, for whom and under what', () => {
    expect(auditActor(undefined)).toEqual({ id: 'anonymous', type: 'unknown', authentication: 'none' });
    expect(auditActor({ ...ada, requestId: 'q' })).toEqual(ada);
    expect(auditActor(ada, { onBehalfOf: 'bob', breakGlass: 'g' })).toEqual({
      ...ada,
      onBehalfOf: 'bob',
      breakGlass: 'g',
    });
  });
});

describe('the log', () => {
  it('is read by whom it is given to, and lets go of its storage', async () => {
    const bindings = [{ principal: 'aud', role: 'auditor' }];
    const { config, options } = createWorld({ access: { bindings } });
    const released: string[] = [];
    const context = createContext(config, options);
    const stores = { ...context.stores, release: async () => void released.push('x') };
    {
      await using log = new AuditLog(config, { ...context, stores });
      expect(await failure(log.list())).toMatchObject({ code: 'FORBIDDEN' });
      const other = log.withPrincipal({ id: 'aud', type: 'person', authentication: 'jwt' });
      expect(await other.list()).toHaveLength(1);
    }
    expect(released).toHaveLength(1);
  });

  it('is corrupt from a checkpoint that is none on, and reads them all, however many there are', async () => {
    const { config, options, storage } = createWorld({ security: { checkpointInterval: 1_000 } });
    const log = new AuditLog(config, options);
    await commitAudited(storage, options.ids!, [], entryOf(0));
    const checkpoint = (await log.checkpoint())!;
    const copies = Array.from({ length: 1_500 }, (_, i) => ({ ...checkpoint, index: i + 1 }));
    await storage.commit([{ kind: 'append', stream: 'audit.checkpoints', values: copies }]);
    // Each says another index than was signed.
    expect((await log.verify()).status).toBe('corrupt');
    const folder = await mkdtemp(join(tmpdir(), 'bondx-export-'));
    expect(await log.export(join(folder, 'log.jsonl'))).toEqual({ records: 1, checkpoints: 1_501 });
    await rm(folder, { recursive: true });
    const { entries } = await storage.read('audit.checkpoints', { from: 1_499, limit: 1 });
    expect(entries).toHaveLength(1);
    const intact = createWorld({ security: { checkpointInterval: 1_000 } });
    const known = new AuditLog(intact.config, {
      ...intact.options,
      keys: (await createContext(config, options).keys()).service,
    });
    const records = (await storage.read('audit')).entries.map(({ value }) => value);
    await intact.storage.commit([{ kind: 'append', stream: 'audit', values: records }]);
    const values = [checkpoint as unknown as JsonValue, null, ...copies];
    await intact.storage.commit([{ kind: 'append', stream: 'audit.checkpoints', values }]);
    expect(await known.verify()).toMatchObject({ status: 'corrupt', position: 1, anchored: { size: 1 } });
  });
});
