import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AuditLog, type AuditRecord, type JsonValue, type Storage } from '@bondx/mlops';
import { countingIds } from '@bondx/mlops/testing';
import { type AuditEntry, chainRecord, emptyTail, leafHash } from '../../../src/governance/audit-record.js';
import { verifyAuditTrail } from '../../../src/governance/audit/verify-stored-log.js';
import { commitAudited } from '../../../src/governance/audit-writer.js';
import { judgeByKeys } from '../../../src/governance/audit/checkpoint.js';
import { type LogStart, judgeStartByKeys } from '../../../src/governance/audit/log-start.js';
import { makeCheckpoint, newestCheckpoint } from '../../../src/governance/audit/make-checkpoint.js';
import { KeyRing } from '../../../src/keys/key-ring.js';
import { ephemeralKeys } from '../../../src/keys/key-sources.js';
import { LocalKeyService } from '../../../src/keys/local-key-service.js';
import { createContext } from '../../../src/runtime/context.js';
import { temporaryDirectory } from '../../adapters/filesystem/temporary-directory.js';
import { createWorld, failure } from '../../helpers.js';
import { chained, entryOf, moveBehind, newRing, over, startAfter, storeOf } from './log-fixture.js';

const records = chained(8);

/** A log of eight records, the first five of which were removed; with what is recorded of that. */
async function moved(recorded: (start: LogStart) => Partial<AuditEntry>): Promise<Storage> {
  const storage = await storeOf(8);
  const start = await startAfter(records, 5, newRing());
  await moveBehind(storage, 8, start);
  await commitAudited(storage, countingIds(), [], entryOf(8, recorded(start)));
  return storage;
}

const honest = ({ size, root }: LogStart): Partial<AuditEntry> => ({
  ...{ action: 'retention.purge_audit', detail: { size, root } },
});

describe('the removal of records', () => {
  it('is one that a record of the log tells of', async () => {
    expect(await verifyAuditTrail(await moved(honest))).toMatchObject({
      ...{ status: 'ok', records: 4, removed: { records: 5, before: '2026-01-01T00:00:05.000Z' } },
    });
  });

  it.each<[string, (start: LogStart) => Partial<AuditEntry>]>([
    ['another action', (start) => ({ ...honest(start), action: 'retention.apply' })],
    ['one that was denied', (start) => ({ ...honest(start), decision: 'deny' })],
    ['one that failed', (start) => ({ ...honest(start), decision: 'error' })],
    ['one of another number of records', ({ root }) => ({ ...honest({ root, size: 4 } as LogStart) })],
    ['one of other records', ({ size }) => ({ ...honest({ size, root: leafHash(records[0]!) } as LogStart) })],
    ['one that says nothing more', () => ({ action: 'retention.purge_audit' })],
    ['nothing', () => ({})],
  ])('is corrupt where the record is of %s', async (_what, recorded) => {
    const verdict = await verifyAuditTrail(await moved(recorded));
    expect(verdict).toMatchObject({ status: 'corrupt', position: 5 });
    expect(verdict.reason).toContain('no record tells of the removal');
  });

  it('cannot be told from a cut by a head that was among what was removed', async () => {
    const storage = await moved(honest);
    const verify = (expectedHead: string) => verifyAuditTrail(storage, { expectedHead });
    const { head } = await verifyAuditTrail(storage);
    for (const known of [leafHash(records[4]!), leafHash(records[6]!), head]) {
      expect(await verify(known)).toMatchObject({ status: 'ok' });
    }
    expect(await verify(leafHash(records[3]!))).toMatchObject({ status: 'unanchored', position: 5, records: 4 });
    expect(await verifyAuditTrail(await storeOf(3), { expectedHead: leafHash(records[3]!) })).toMatchObject({
      ...{ status: 'corrupt', position: 3 },
    });
  });
});

describe('a log whose records are removed while it is read', () => {
  const many = chained(1_200);
  /** The log of a store that is moved behind record 700 just before the n-th page is read. */
  async function movedBefore(read: number) {
    const storage = await storeOf(1_200);
    const keys = new LocalKeyService(ephemeralKeys(0));
    const { config, options } = createWorld();
    const start = await startAfter(many, 700, new KeyRing(keys));
    await makeCheckpoint(createContext(config, { ...options, storage, keys }), storage);
    let reads = 0;
    const watched = over(storage, {
      read: async (...args) => {
        if (++reads === read) {
          await moveBehind(storage, 1_200, start);
          await commitAudited(storage, countingIds(), [], entryOf(1_200, honest(start)));
        }
        return storage.read(...args);
      },
    });
    return { storage: watched, log: new AuditLog(config, { ...options, storage: watched, keys }) };
  }

  it.each([1, 2, 3, 4, 5, 6, 7])('is read as the whole that it is, before and after: at page %i', async (read) => {
    expect((await verifyAuditTrail((await movedBefore(read)).storage)).status).toBe('ok');
    expect((await (await movedBefore(read)).log.verify()).status).toBe('ok');

    const { log } = await movedBefore(read);
    await log.checkpoint();
    expect((await log.verify()).status).toBe('ok');

    const listed = await (await movedBefore(read)).log.list({ limit: 5_000 });
    expect([1_200, 501]).toContain(listed.length);

    const { log: backwards } = await movedBefore(read);
    const seqs = (await backwards.list({ limit: 5_000, newestFirst: true })).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, i) => seqs[0]! - i));
    expect([1_199, 1_200]).toContain(seqs[0]);
    expect([0, 700]).toContain(seqs.at(-1));

    const { log: exported } = await movedBefore(read);
    const path = join(await temporaryDirectory(), 'export.jsonl');
    const { records: written } = await exported.export(path);
    expect([1_200, 501]).toContain(written);
    expect((await exported.verifyExport(path)).status).toBe('ok');

    const { log: proving } = await movedBefore(read);
    expect(await proving.verifyProof(await proving.prove(900))).toBe(true);
  });
});

describe('a checkpoint', () => {
  const open = (storage: Storage, keys = new LocalKeyService(ephemeralKeys(0))) => {
    const { config, options } = createWorld();
    const context = createContext(config, { ...options, storage, keys });
    const log = new AuditLog(config, { ...options, storage, keys });
    return { context, keys, log, make: () => makeCheckpoint(context, storage) };
  };

  it('after a removal goes on from what was removed, also where the one before covers less', async () => {
    for (const isEarlier of [false, true]) {
      const storage = await storeOf(3);
      const { make, keys } = open(storage);
      if (isEarlier) expect(await make()).toMatchObject({ size: 3, index: 0 });
      await storage.commit([{ kind: 'append', stream: 'audit', values: records.slice(3) as never }]);
      const whole = (await open(await storeOf(8)).make())!;
      const start = await startAfter(records, 5, new KeyRing(keys));
      await moveBehind(storage, 8, start);
      expect(await make()).toMatchObject({ size: 8, root: whole.root, index: isEarlier ? 1 : 0 });
    }
  });

  it('that is the newest is given as it was made, while its signature is believed', async () => {
    const storage = await storeOf(3);
    const { context, keys, make } = open(storage);
    expect(await newestCheckpoint(context, storage)).toBeUndefined();
    const made = (await make())!;
    expect(await newestCheckpoint(context, storage)).toEqual(made);
    await keys.rotate('audit_checkpoint', 0);
    await keys.revoke(made.keyId, 'lost', 0);
    expect(await newestCheckpoint(context, storage)).toBeUndefined();
  });

  it('by a key that was retired once and is in use again is believed', async () => {
    const storage = await storeOf(3);
    const { make, keys } = open(storage);
    const made = (await make())!;
    const again = Object.assign(Object.create(keys) as LocalKeyService, {
      list: async () => (await keys.list()).map((key) => ({ ...key, changed: '2020-01-01T00:00:00.000Z' })),
      publicKey: (id: string) => keys.publicKey(id),
    });
    expect(await judgeByKeys(new KeyRing(again))(made)).toBe('valid');
    const start = await startAfter(records, 3, new KeyRing(keys));
    expect(await judgeStartByKeys(new KeyRing(again))(start)).toBe('valid');
  });

  it('proves nothing of records that it does not sign', async () => {
    const storage = await storeOf(4);
    const { log, make, keys } = open(storage);
    const checkpoint = (await make()) as unknown as JsonValue;
    const other = records.slice(0, 4).with(2, { ...records[2]!, action: 'x' });
    for (const values of [other, records.slice(0, 3)]) {
      const forged = await storeOf(0);
      await forged.commit([
        { kind: 'append', stream: 'audit', values: values as never },
        { kind: 'append', stream: 'audit.checkpoints', values: [checkpoint] },
      ]);
      expect(await failure(open(forged, keys).log.prove(1))).toMatchObject({ code: 'CORRUPT' });
    }
    expect(await log.verifyProof(await log.prove(1))).toBe(true);
  });

  it('is asked for no key where nothing was signed', async () => {
    const storage = await storeOf(3);
    const none = Object.assign(Object.create(new LocalKeyService(ephemeralKeys(0))) as LocalKeyService, {
      list: () => Promise.reject(new Error('no keys today')),
    });
    expect(await open(storage, none).log.verify()).toMatchObject({ status: 'ok', records: 3 });
  });

  it('is looked for no longer than a store has some, whatever it says', async () => {
    const storage = await storeOf(3);
    const { make, keys } = open(storage);
    await make();
    const lying = over(storage, {
      read: async (stream, range) => {
        const page = await storage.read(stream, range);
        return stream === 'audit.checkpoints' ? { ...page, length: 5 } : page;
      },
    });
    expect(await open(lying, keys).log.verify()).toMatchObject({ status: 'ok', anchored: { size: 3 } });
  });
});

describe('an export', () => {
  it('of a log whose oldest records were removed says so by a signature that is checked', async () => {
    const { config, options } = createWorld();
    const keys = new LocalKeyService(ephemeralKeys(0));
    const storage = await storeOf(8);
    const start = await startAfter(records, 5, new KeyRing(keys));
    await moveBehind(storage, 8, start);
    await commitAudited(storage, countingIds(), [], entryOf(8, honest(start)));
    const log = new AuditLog(config, { ...options, storage, keys });
    const path = join(await temporaryDirectory(), 'log.jsonl');
    await log.export(path);
    expect(await log.verifyExport(path)).toMatchObject({ status: 'ok', removed: { records: 5 } });
    const [first, ...rest] = (await readFile(path, 'utf8')).split('\n');
    await writeFile(path, [first!.replace(start.before, '2026-01-01T00:00:09.000Z'), ...rest].join('\n'));
    expect(await log.verifyExport(path)).toMatchObject({ status: 'corrupt', position: 0 });
  });
});

describe('a record', () => {
  it('names the request that it belongs to, if there is one', () => {
    const record = (extra: Partial<AuditEntry>): AuditRecord => chainRecord(entryOf(0, extra), emptyTail('log')).record;
    expect(record({ requestId: 'q7' })).toMatchObject({ requestId: 'q7', v: 1, seq: 0 });
    expect(record({})).not.toHaveProperty('requestId');
  });

  it('names what it is about as it was given, with its version and digest where there are some', () => {
    const resource = { type: 'model_version', id: 'spread', version: '1.0.0', digest: 'sha256:x' };
    const { version: _version, digest: _digest, ...bare } = resource;
    for (const given of [resource, bare]) {
      const { record } = chainRecord(entryOf(0, { resource: given }), emptyTail('log'));
      expect(record.resource).toStrictEqual(given);
    }
  });
});
