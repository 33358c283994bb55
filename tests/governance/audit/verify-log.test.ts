import { beforeAll, describe, expect, it } from 'vitest';
import type { AuditRecord, Checkpoint, JsonValue } from '@bondx/mlops';
import { chainRecord, emptyTail, tailAfter } from '../../../src/governance/audit-record.js';
import { judgeByKeys, signCheckpoint } from '../../../src/governance/audit/checkpoint.js';
import { emptyRoot, treeRoot } from '../../../src/governance/audit/merkle-tree.js';
import { proveRecord, verifyProof } from '../../../src/governance/audit/prove-record.js';
import { type LogToVerify, verifyLog } from '../../../src/governance/audit/verify-log.js';
import { leafOfRecord } from '../../../src/governance/audit-record.js';
import { KeyRing } from '../../../src/keys/key-ring.js';
import { ephemeralKeys } from '../../../src/keys/key-sources.js';
import { LocalKeyService } from '../../../src/keys/local-key-service.js';
import { failure } from '../../helpers.js';

const at = Date.UTC(2026, 0, 1);
const newRing = (): KeyRing => new KeyRing(new LocalKeyService(ephemeralKeys(at)));
const keys = newRing();
const judge = judgeByKeys(keys);

/** A sound chain of so many records; `who` of record `from` on. */
function chainOf(length: number, { log = 'log', from = Infinity } = {}): AuditRecord[] {
  const records: AuditRecord[] = [];
  let tail = emptyTail(log);
  for (let i = 0; i < length; i++) {
    const actor = { id: i < from ? 'ada' : 'mallory', type: 'person', authentication: 'jwt' } as const;
    const resource = { type: 'run', id: 'r' };
    const entry = {
      id: `i${i}`,
      at: at + i,
      actor,
      action: 'a',
      resource,
      decision: 'allow',
      policyDigest: 'd',
    } as const;
    const chained = chainRecord(entry, tail);
    records.push(chained.record);
    tail = chained.tail;
  }
  return records;
}

const rootOf = (records: readonly AuditRecord[], size: number) =>
  treeRoot(records.slice(0, size).map((record) => leafOfRecord(record as unknown as JsonValue)));

const checkpointOf = (
  records: readonly AuditRecord[],
  size: number,
  index: number,
  { log = 'log', ring = keys, root = rootOf(records, size) } = {},
): Promise<Checkpoint> =>
  signCheckpoint(ring, { v: 1, log, index, size, root, time: new Date(at + size).toISOString() });

async function* source(records: readonly unknown[]): AsyncGenerator<{ seq: number; value: JsonValue }> {
  for (const [seq, value] of records.entries()) yield { seq, value: value as JsonValue };
}

const verify = (records: readonly unknown[], rest: Omit<LogToVerify, 'records'> = {}) =>
  verifyLog({ records: source(records), ...rest });

const records = chainOf(34);
const rewritten = chainOf(34, { from: 5 });
let checkpoints: Checkpoint[];
beforeAll(async () => {
  checkpoints = await Promise.all([10, 20, 30].map((size, i) => checkpointOf(records, size, i)));
});

describe('the verdict on a log', () => {
  it('leaves checkpoints aside where nobody judges them, and needs none', async () => {
    const sound = { status: 'ok', records: 34, head: tailAfter(records[33]!).hash };
    expect(await verify(records)).toEqual(sound);
    expect(await verify(records, { checkpoints })).toEqual(sound);
    expect(await verify(records, { judge })).toEqual(sound);
    expect(await verify([], { judge })).toEqual({ status: 'ok', records: 0, head: '' });
  });

  it.each<[string, unknown]>([
    ['nothing', null],
    ['a text', 'record'],
    ['of another version', { ...records[3], v: 2 }],
    ['of no log', { ...records[3], log: 7 }],
    ['without a number', { ...records[3], seq: '3' }],
    ['that follows nothing', { ...records[3], prev: null }],
  ])('is corrupt where a record is none: %s', async (_what, value) => {
    const found = await verify(records.with(3, value as AuditRecord));
    expect(found).toMatchObject({ status: 'corrupt', records: 3, position: 3, reason: 'not an audit record' });
  });

  it('is corrupt where a record has another number, though the chain be whole', async () => {
    const renumbered = [...records.slice(0, 5)];
    renumbered.push({ ...records[5]!, seq: 7 });
    expect(await verify(renumbered)).toMatchObject({ status: 'corrupt', position: 5, reason: 'says it is record 7' });
    const moved = { ...records[5]!, log: 'other' };
    expect(await verify(records.with(5, moved))).toMatchObject({ position: 5, reason: 'belongs to the log other' });
  });

  it('misses a head that was kept of a log that is empty now', async () => {
    const { hash: expectedHead } = tailAfter(records[9]!);
    expect(await verify([], { expectedHead })).toMatchObject({ status: 'corrupt', position: 0, records: 0 });
  });

  it('takes a checkpoint of nothing for what it is', async () => {
    const none = await checkpointOf(records, 0, 0, { root: emptyRoot });
    for (const log of [records, []]) {
      expect(await verify(log, { judge, checkpoints: [none] })).toMatchObject({ status: 'ok', anchored: { size: 0 } });
    }
    const wrong = await checkpointOf(records, 0, 0, { root: rootOf(records, 1) });
    expect(await verify(records, { judge, checkpoints: [wrong] })).toMatchObject({ status: 'forked', position: 0 });
  });

  it('is forked when a checkpoint is of another log, even with the same root', async () => {
    const stranger = await checkpointOf(records, 20, 1, { log: 'other' });
    expect(await verify(records, { judge, checkpoints: [checkpoints[0]!, stranger] })).toMatchObject({
      ...{ status: 'forked', position: 0, anchored: { size: 10 } },
      reason: 'a checkpoint is of the log other, the records are of another',
    });
  });

  it('is forked at the first checkpoint that says otherwise, in whatever order they come', async () => {
    for (const anchors of [
      checkpoints,
      checkpoints.toReversed(),
      [checkpoints[1]!, checkpoints[0]!, checkpoints[2]!],
    ]) {
      const found = await verify(rewritten, { judge, anchors });
      expect(found).toMatchObject({ status: 'forked', position: 0 });
      expect(found.reason).toContain('that the checkpoint at 10 of');
    }
    // Two of one size: what is sound ends at the one before.
    const contrary = await checkpointOf(rewritten, 20, 1);
    const both = { judge, checkpoints, anchors: [contrary] };
    expect(await verify(records, both)).toMatchObject({ status: 'forked', position: 10 });
  });

  it('is no fork when nobody knows the key of what says otherwise', async () => {
    const strange = await checkpointOf(rewritten, 20, 1, { ring: newRing() });
    const found = await verify(records, { judge, checkpoints: [checkpoints[0]!, strange] });
    expect(found).toMatchObject({ status: 'unanchored', position: 10, anchored: { size: 10 } });
    expect(found.reason).toContain('it is not known here');
  });

  it('is of an older store when an anchor saw more, and says how much', async () => {
    for (const anchors of [checkpoints, checkpoints.toReversed()]) {
      const found = await verify(records.slice(0, 15), { judge, anchors, checkpoints: checkpoints.slice(0, 1) });
      expect(found).toMatchObject({ status: 'rolled_back', position: 15 });
      expect(found.reason).toContain('covers 30 records');
    }
  });

  it('misses the first checkpoint that only an anchor shows', async () => {
    const found = await verify(records, { judge, checkpoints: checkpoints.slice(0, 1), anchors: [checkpoints[1]!] });
    expect(found).toMatchObject({ status: 'unanchored', position: 10 });
    expect(found.reason).toContain('checkpoint 1, which an anchor shows');
  });

  it('misses a checkpoint that is overdue by more than a few records, counted from the last', async () => {
    const long = chainOf(100);
    expect(await verify(long, { judge, interval: 37 })).toMatchObject({ status: 'ok' });
    expect(await verify(long, { judge, interval: 36 })).toMatchObject({ status: 'unanchored', position: 0 });
    expect(await verify(records, { judge, checkpoints, interval: 0 })).toMatchObject({ status: 'ok' });
  });

  it('of a torn log says that first when nothing else is wrong', async () => {
    const torn = { judge, checkpoints: checkpoints.slice(1), isTorn: true };
    expect(await verify(records, torn)).toMatchObject({ status: 'torn_tail_recovered', position: 34 });
    expect(await verify(rewritten, torn)).toMatchObject({ status: 'forked' });
    expect(await verify(records.toSpliced(3, 1), torn)).toMatchObject({ status: 'corrupt', position: 3 });
  });
});

describe('the proof of a record', () => {
  it('is of each record that a checkpoint covers, the first and the last too', async () => {
    for (const seq of [0, 17, 29]) {
      const proof = await proveRecord(source(records), seq, checkpoints[2]);
      expect(proof.record).toEqual(records[seq]);
      expect(await verifyProof(proof, judge)).toBe(true);
    }
  });

  it.each([30, 34, -1, 0.5, NaN])('is of no record %d', async (seq) => {
    expect(await failure(proveRecord(source(records), seq, checkpoints[2]))).toMatchObject({
      ...{ code: 'NOT_FOUND', message: expect.stringContaining('they cover 30') as string },
    });
  });

  it('is of none where there is no checkpoint', async () => {
    expect(await failure(proveRecord(source(records), 0, undefined))).toMatchObject({
      ...{ code: 'NOT_FOUND', message: expect.stringContaining('they cover 0') as string },
    });
  });

  it('holds for the log that the checkpoint names only, and by a key that is believed', async () => {
    const proof = await proveRecord(source(records), 3, checkpoints[2]);
    const checkpoint = await checkpointOf(records, 30, 2, { log: 'other' });
    expect(await verifyProof({ ...proof, checkpoint }, judge)).toBe(false);
    expect(await verifyProof(proof, judgeByKeys(newRing()))).toBe(false);
  });
});
