import { describe, expect, it, vi } from 'vitest';
import { ConflictError, type JsonValue, type Storage } from '@bondx/mlops';
import { countingIds } from '@bondx/mlops/testing';
import { readAuditEnd, readAuditTrail } from '../../../src/governance/audit-trail.js';
import { verifyAuditTrail } from '../../../src/governance/audit/verify-stored-log.js';
import { commitAudited } from '../../../src/governance/audit-writer.js';
import { againIfMoved, findLogPlace, movedMeanwhile, putLogStart } from '../../../src/governance/audit/log-start.js';
import { type NewStart, moveLog } from '../../../src/governance/audit/move-log.js';
import { failure } from '../../helpers.js';
import { chained, contentOf, entryOf, idsFrom, newRing, over, startAfter, storeOf } from './log-fixture.js';

const count = 2_300;
const records = chained(count);
const ring = newRing();
const behind = async (size: number, stream = `audit/${size}`): Promise<NewStart> => ({
  start: await startAfter(records, size, ring),
  since: 'absent',
  stream,
});
const next = [{ id: 'next' }];

/** Moves the log as one process alone does. */
async function move(storage: Storage, length: number, newStart: NewStart, values: readonly JsonValue[] = next) {
  const place = await findLogPlace(storage);
  await storage.commit(await moveLog(storage, place, length, { ...newStart, since: place.version }, values));
}

/** The entry of a removal, as verification looks for it. */
const removal = async (i: number, size: number) =>
  entryOf(i, { action: 'retention.purge_audit', detail: { size, root: (await startAfter(records, size, ring)).root } });

describe('a log that is moved', () => {
  it.each([1, 300, 1_300, count])('to behind %i records has the others, and what it ends with', async (size) => {
    const storage = await storeOf(count);
    await move(storage, count, await behind(size));
    expect(await contentOf(storage)).toEqual({
      ...{ stream: `audit/${size}`, from: size, ids: [...idsFrom(size, count), 'next'] },
    });
    expect((await storage.read('audit')).length).toBe(0);
    expect(await storage.get('audit.starts', 'unfinished')).toBeUndefined();
  });

  it('again is copied from where it is', async () => {
    const storage = await storeOf(count);
    await move(storage, count, await behind(1_000), []);
    await move(storage, count, await behind(2_100));
    expect(await contentOf(storage)).toEqual({
      ...{ stream: 'audit/2100', from: 2_100, ids: [...idsFrom(2_100, count), 'next'] },
    });
    expect((await storage.read('audit/1000')).length).toBe(0);
  });

  it('by a process that died is cleared up after by the next, but for where the log is', async () => {
    const storage = await storeOf(5);
    await moveLog(storage, await findLogPlace(storage), 5, await behind(2), next); // and no more
    expect(await contentOf(storage)).toMatchObject({ stream: 'audit', ids: idsFrom(0, 5) });
    expect((await storage.read('audit/2')).length).toBe(3);
    await move(storage, 5, await behind(3));
    expect((await storage.read('audit/2')).length).toBe(0);
    expect(await contentOf(storage)).toMatchObject({ stream: 'audit/3', ids: [...idsFrom(3, 5), 'next'] });
    const value = { stream: 'audit/3' };
    await storage.commit([{ kind: 'put', collection: 'audit.starts', id: 'unfinished', value, expect: 'absent' }]);
    await move(storage, 6, await behind(4), []);
    expect(await contentOf(storage)).toMatchObject({ stream: 'audit/4', ids: ['i4', 'next'] });
  });

  it('goes on with what it copied already when it is tried again', async () => {
    const storage = await storeOf(5);
    const place = await findLogPlace(storage);
    await moveLog(storage, place, 5, await behind(2), next);
    await storage.commit([{ kind: 'append', stream: 'audit', values: [{ id: 'i5' }] }]);
    await move(storage, 6, await behind(2));
    expect(await contentOf(storage)).toMatchObject({ from: 2, ids: [...idsFrom(2, 6), 'next'] });
  });

  it('while another moved it, or recorded something, is not', async () => {
    const storage = await storeOf(5);
    const place = await findLogPlace(storage);
    const planned = await moveLog(storage, place, 5, await behind(2), next);
    await storage.commit([{ kind: 'append', stream: 'audit', values: [{ id: 'i5' }] }]);
    expect(await failure(storage.commit(planned))).toBeInstanceOf(ConflictError);
    await move(storage, 6, await behind(3));
    const late = await moveLog(storage, place, 6, await behind(4), next);
    expect(await failure(storage.commit(late))).toBeInstanceOf(ConflictError);
    expect(await contentOf(storage)).toMatchObject({ stream: 'audit/3', ids: [...idsFrom(3, 6), 'next'] });
  });
});

describe('reading a log that is moved meanwhile', () => {
  async function readWhile(moveAfter: number, size: number): Promise<readonly number[]> {
    const storage = await storeOf(count);
    const seen: number[] = [];
    for await (const { seq, value } of readAuditTrail(storage)) {
      expect((value as { id: string }).id).toBe(`i${seq}`);
      seen.push(seq);
      if (seen.length === moveAfter) await move(storage, count, await behind(size), []);
    }
    return seen;
  }

  it('goes on where it went, without gaps, or says that records which come next are gone', async () => {
    const all = Array.from({ length: count }, (_, i) => i);
    expect(await readWhile(400, 200)).toEqual(all);
    expect(await readWhile(400, 500)).toEqual(all); // the first page is of 500
    await expect(readWhile(400, 501)).rejects.toBeInstanceOf(ConflictError);
  });

  it('is done again for that reason only', async () => {
    const other = new ConflictError({ kind: 'record', collection: 'runs', id: 'r', expected: 1, actual: 2 });
    const stream = new ConflictError({ kind: 'stream', stream: 'audit', expected: 1, actual: 2 });
    for (const error of [other, stream, new Error('the disk is gone')]) {
      const read = vi.fn(() => Promise.reject(error));
      await expect(againIfMoved(read)).rejects.toBe(error);
      expect(read).toHaveBeenCalledOnce();
    }
    const moved = vi.fn(() => Promise.resolve('read')).mockRejectedValueOnce(movedMeanwhile(1, 2));
    expect(await againIfMoved(moved)).toBe('read');
    expect(moved).toHaveBeenCalledTimes(2);
  });

  it('goes on from a place that it was in before', async () => {
    const storage = await storeOf(5);
    const before = await findLogPlace(storage);
    await move(storage, 5, await behind(3), []);
    const seen: number[] = [];
    for await (const { seq } of readAuditTrail(storage, 3, before)) seen.push(seq);
    expect(seen).toEqual([3, 4]);
  });

  it('ends with what there was when it began, however fast others write', async () => {
    const storage = await storeOf(5);
    const seen: number[] = [];
    for await (const { seq } of readAuditTrail(storage)) {
      seen.push(seq);
      await commitAudited(storage, countingIds(), [], entryOf(5 + seen.length));
    }
    expect(seen).toEqual([0, 1, 2, 3, 4]);
  });

  it('begins with what is left', async () => {
    const storage = await storeOf(count);
    await move(storage, count, await behind(1_000), []);
    const seen = async (from?: number): Promise<readonly number[]> => {
      const found: number[] = [];
      for await (const { seq } of readAuditTrail(storage, from)) found.push(seq);
      return found;
    };
    expect(await seen()).toEqual(Array.from({ length: count - 1_000 }, (_, i) => 1_000 + i));
    expect(await seen(2_298)).toEqual([2_298, 2_299]);
  });
});

describe('the end of a log', () => {
  const end = async (storage: Storage, wanted: number) => {
    const { entries, length } = await readAuditEnd(storage, wanted);
    return { seqs: entries.map(({ seq }) => seq), length };
  };

  it('is its last records, with the number of all there ever were', async () => {
    const storage = await storeOf(5);
    expect(await end(storage, 2)).toEqual({ seqs: [3, 4], length: 5 });
    expect(await end(storage, 9)).toEqual({ seqs: [0, 1, 2, 3, 4], length: 5 });
    await move(storage, 5, await behind(3), []);
    expect(await end(storage, 1)).toEqual({ seqs: [4], length: 5 });
    expect(await end(storage, 9)).toEqual({ seqs: [3, 4], length: 5 });
    expect(await end(await storeOf(0), 3)).toEqual({ seqs: [], length: 0 });
  });

  it('is found where it went while it was looked for', async () => {
    const storage = await storeOf(5);
    let isDue = true;
    const moving = over(storage, {
      get: async (collection, id) => {
        const found = await storage.get(collection, id);
        if (isDue) {
          isDue = false;
          await move(storage, 5, await behind(3), []);
        }
        return found;
      },
    });
    expect(await end(moving, 9)).toEqual({ seqs: [3, 4], length: 5 });
  });
});

describe('recording while a log is moved', () => {
  it('has the record of the removal at its end, whatever was recorded meanwhile', async () => {
    const storage = await storeOf(5);
    let isDue = true;
    const raced = over(storage, {
      commit: async (changes, options) => {
        if (isDue && changes.some(({ kind }) => kind === 'drop')) {
          isDue = false;
          await commitAudited(over(storage, {}), countingIds(), [], entryOf(5)); // another process
        }
        return storage.commit(changes, options);
      },
    });
    expect(await commitAudited(raced, countingIds(), [], await removal(6, 3), await behind(3))).toBe(7);
    expect(await contentOf(storage)).toMatchObject({ from: 3, ids: idsFrom(3, 7) });
    expect(await commitAudited(raced, countingIds(), [], entryOf(7))).toBe(8);
    expect(await verifyAuditTrail(storage)).toMatchObject({ status: 'ok', records: 5, removed: { records: 3 } });
  });

  it('that another moved first is planned anew by whoever wanted to move it', async () => {
    const storage = await storeOf(5);
    let isDue = true;
    const raced = over(storage, {
      commit: async (changes, options) => {
        if (isDue && changes.some(({ kind }) => kind === 'drop')) {
          isDue = false;
          await commitAudited(over(storage, {}), countingIds(), [], await removal(5, 2), await behind(2));
        }
        return storage.commit(changes, options);
      },
    });
    const late = commitAudited(raced, countingIds(), [], await removal(6, 3), await behind(3));
    expect(await failure(late)).toMatchObject({ code: 'CONFLICT' });
    expect(await contentOf(storage)).toMatchObject({ from: 2, ids: idsFrom(2, 6) });
    expect(await commitAudited(raced, countingIds(), [], entryOf(6))).toBe(7);
    expect(await verifyAuditTrail(storage)).toMatchObject({ status: 'ok', records: 5 });
  });

  it('does not begin a second log where a moved one left its first stream empty', async () => {
    const storage = await storeOf(0);
    let isDue = true;
    const late = over(storage, {
      commit: async (changes, options) => {
        if (isDue) {
          isDue = false; // it saw an empty log; others have filled and moved it since
          await storage.commit([{ kind: 'append', stream: 'audit', values: records.slice(0, 3) as never }]);
          await commitAudited(over(storage, {}), countingIds(), [], await removal(3, 2), await behind(2));
        }
        return storage.commit(changes, options);
      },
    });
    expect(await commitAudited(late, countingIds(), [], entryOf(4))).toBe(5);
    expect((await storage.read('audit')).length).toBe(0);
    expect(await contentOf(storage)).toMatchObject({ stream: 'audit/2', ids: idsFrom(2, 5) });
    expect(await verifyAuditTrail(storage)).toMatchObject({ status: 'ok', records: 3 });
  });

  it('is refused where the records that were left are gone', async () => {
    const storage = await storeOf(5);
    const { start, stream } = await behind(3);
    await storage.commit([putLogStart({ ...start, stream }, await findLogPlace(storage))]); // and nothing is there
    expect(await failure(commitAudited(over(storage, {}), countingIds(), [], entryOf(5)))).toMatchObject({
      code: 'CORRUPT',
      message: expect.stringContaining('from 3 on') as string,
    });
  });
});
