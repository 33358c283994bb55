import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Change, ConflictError, MLOpsError, MemoryStorage, type Storage } from '@bondx/mlops';
import { countingIds } from '@bondx/mlops/testing';
import { readAuditTrail } from '../../../src/governance/audit-trail.js';
import { verifyAuditTrail } from '../../../src/governance/audit/verify-stored-log.js';
import { commitAudited } from '../../../src/governance/audit-writer.js';
import { failure } from '../../helpers.js';
import { chained, contentOf, entryOf, idsFrom, moveBehind, newRing, over, startAfter, storeOf } from './log-fixture.js';

type Expect = number | 'absent';
const put = (id: string, value: number, expected: Expect | 'any' = 'any'): Change => ({
  ...{ kind: 'put', collection: 'c', id, value, expect: expected },
});
const check = (id: string, expected: Expect): Change => ({ kind: 'check', collection: 'c', id, expect: expected });

/** A storage that tells how many records of operations each of its commits had, and may fail instead. */
function watched(storage: Storage, fail: (operations: number) => Error | undefined = () => undefined) {
  const commits: number[] = [];
  const watching = over(storage, {
    commit: async (changes, options) => {
      const operations = changes.reduce(
        (sum, change) => sum + (change.kind === 'append' && change.stream === 'audit' ? change.values.length : 0),
        0,
      );
      commits.push(operations);
      await new Promise(setImmediate); // as long as a flush: others come in the meantime
      const error = fail(operations);
      if (error !== undefined) throw error;
      return storage.commit(changes, options);
    },
  });
  const ids = countingIds();
  let count = 0;
  const operate = (...changes: Change[]) => commitAudited(watching, ids, changes, entryOf(count++));
  return { commits, operate, watching, ids };
}

const idsOf = async (storage: Storage): Promise<readonly string[]> => (await contentOf(storage)).ids;

describe('operations that wait at the same time', () => {
  it('are committed together, in the order in which they came', async () => {
    const storage = new MemoryStorage();
    const { commits, operate } = watched(storage);
    const lengths = await Promise.all(Array.from({ length: 250 }, (_, i) => operate(put(`r${i}`, i))));
    expect(lengths).toEqual(Array.from({ length: 250 }, (_, i) => i + 1));
    expect(commits).toEqual([1, 100, 100, 49]);
    expect(await idsOf(storage)).toEqual(idsFrom(0, 250));
    expect(await verifyAuditTrail(storage)).toMatchObject({ status: 'ok', records: 250 });
    expect((await storage.query('c', { limit: 1_000 })).records).toHaveLength(250);
  });

  it('are committed apart where they change the same record, and whoever comes second is told', async () => {
    const storage = new MemoryStorage();
    const { commits, operate } = watched(storage);
    const [first, one, other, last] = [
      operate(),
      operate(put('r', 1, 'absent')),
      operate(put('r', 2, 'absent')),
      operate(),
    ];
    expect(await failure(other)).toBeInstanceOf(ConflictError);
    expect(await Promise.all([first, one, last])).toEqual([1, 2, 3]);
    expect(commits).toEqual([1, 1, 2, 1]);
    expect((await storage.get('c', 'r'))?.value).toBe(1);
    expect(await idsOf(storage)).toEqual(['i0', 'i1', 'i3']);
  });

  it('are committed together where they expect the same of a record, apart where one of them changes it', async () => {
    const storage = new MemoryStorage();
    const [version] = await storage.commit([put('e', 0)]);
    const { commits, operate } = watched(storage);
    const all = [operate(), operate(check('e', version!), put('a', 1)), operate(check('e', version!), put('b', 1))];
    all.push(operate(put('e', 1, version)), operate(put('c', 1)));
    const late = operate(check('e', version!), put('d', 1));
    expect(await failure(late)).toMatchObject({ conflict: { id: 'e', expected: version } });
    expect(await Promise.all(all)).toEqual([1, 2, 3, 4, 5]);
    expect(commits).toEqual([1, 2, 2, 1]);
    expect(await storage.get('c', 'd')).toBeUndefined();
  });

  it('are committed apart where they expect different things of a record', async () => {
    const storage = new MemoryStorage();
    const { commits, operate } = watched(storage);
    const all = [operate(), operate(check('r', 'absent'), put('a', 1)), operate(put('b', 1))];
    expect(await failure(operate(check('r', 7)))).toMatchObject({ conflict: { id: 'r', expected: 7 } });
    expect(await Promise.all(all)).toEqual([1, 2, 3]);
    expect(commits).toEqual([1, 2, 1]);
  });

  it('leave nothing out where one of them names a record twice: that one is refused', async () => {
    const storage = new MemoryStorage();
    const { operate } = watched(storage);
    const [first, twice, last] = [operate(), operate(put('r', 1), put('r', 2)), operate(put('s', 1))];
    expect(await failure(twice)).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await Promise.all([first, last])).toEqual([1, 2]);
    expect(await storage.get('c', 'r')).toBeUndefined();
  });

  it('may all fail, and the next goes on', async () => {
    const storage = new MemoryStorage();
    const { commits, operate } = watched(storage);
    const [first, ...all] = [operate(), operate(check('r', 7), put('a', 1)), operate(check('r', 7))];
    for (const each of all) expect(await failure(each)).toBeInstanceOf(ConflictError);
    expect([await first, await operate()]).toEqual([1, 2]);
    expect(commits).toEqual([1, 2, 1]);
  });

  it('fail alone where they did not find what they expected', async () => {
    const storage = new MemoryStorage();
    const { commits, operate } = watched(storage);
    const expected = { kind: 'append', stream: 'points', values: [1], expect: 3 } as const;
    const settled = await Promise.allSettled([
      ...[operate(), operate(put('a', 1)), operate(check('e', 7), put('b', 1)), operate(put('f', 1, 9))],
      ...[operate(check('e', 7)), operate(expected), operate(put('g', 1))],
    ]);
    const is = settled.map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as ConflictError).conflict));
    const at = { kind: 'record', collection: 'c', actual: 'absent' };
    const noE = { ...at, id: 'e', expected: 7 };
    const noPoints = { kind: 'stream', stream: 'points', expected: 3, actual: 0 };
    expect(is).toEqual([1, 2, noE, { ...at, id: 'f', expected: 9 }, noE, noPoints, 3]);
    expect(commits).toEqual([1, 6, 4, 3, 2]);
    expect(await idsOf(storage)).toEqual(['i0', 'i1', 'i6']);
    expect(await verifyAuditTrail(storage)).toMatchObject({ status: 'ok', records: 3 });
  });

  it.each([
    ['one has bad input', undefined],
    ['the medium has room for one only', new MLOpsError('STORAGE_FULL', 'full')],
  ])('are tried one by one where %s', async (_name, full) => {
    const storage = new MemoryStorage();
    const { commits, operate } = watched(storage, (operations) => (operations > 1 ? full : undefined));
    const bad = full === undefined ? NaN : 2;
    const all = [operate(), operate(put('a', 1)), operate(put('b', bad)), operate(put('c', 3))];
    if (full === undefined) expect(await failure(all.splice(2, 1)[0]!)).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await Promise.all(all)).toEqual(all.map((_, i) => i + 1));
    expect(commits).toEqual([1, 3, 1, 1, 1]);
    expect(await verifyAuditTrail(storage)).toMatchObject({ status: 'ok', records: all.length });
  });

  it.each([
    ['some error', new Error('cut off')],
    ['an unavailable storage', new MLOpsError('STORAGE_UNAVAILABLE', 'cut off')],
  ])('are all told where %s leaves open what was written, and nothing of it is tried again', async (_name, error) => {
    const storage = new MemoryStorage();
    const { commits, operate } = watched(storage, (operations) => (operations > 1 ? error : undefined));
    const [first, ...others] = [operate(), operate(put('a', 1)), operate(put('b', 1))];
    for (const other of others) expect((await failure(other)).message).toBe('cut off');
    expect(await first).toBe(1);
    expect(await operate(put('d', 1))).toBe(2);
    expect(commits).toEqual([1, 2, 1]);
    expect(await idsOf(storage)).toEqual(['i0', 'i3']);
  });

  it('are tried again together where another process wrote first', async () => {
    const storage = new MemoryStorage();
    let isFirst = true;
    const { commits, operate, ids } = watched(storage);
    const other = over(storage);
    const raced = over(storage, {
      commit: async (changes, options) => {
        const isOfSeveral = changes.some((change) => change.kind === 'append' && change.values.length > 1);
        if (isOfSeveral && isFirst) await commitAudited(other, ids, [], entryOf(9));
        if (isOfSeveral) isFirst = false;
        return storage.commit(changes, options);
      },
    });
    const all = [0, 1, 2].map((i) => commitAudited(raced, ids, [put(`r${i}`, i)], entryOf(i)));
    expect(await Promise.all(all)).toEqual([1, 3, 4]);
    expect(await idsOf(storage)).toEqual(['i0', 'i9', 'i1', 'i2']);
    expect(await verifyAuditTrail(storage)).toMatchObject({ status: 'ok', records: 4 });
    expect([commits, await operate()]).toEqual([[1], 5]);
  });

  it('do not wait together with a move of the log', async () => {
    const records = chained(6);
    const storage = await storeOf(6);
    const start = await startAfter(records, 3, newRing());
    const detail = { size: 3, root: start.root };
    const { watching, ids, operate } = watched(storage);
    const [first, second] = [operate(put('a', 1)), operate(put('b', 1))];
    const removal = entryOf(8, { action: 'retention.purge_audit', detail });
    const moved = commitAudited(watching, ids, [], removal, { start, since: 'absent', stream: 'audit/3' });
    const [third, fourth] = [operate(put('c', 1)), operate(put('d', 1))];
    expect(await Promise.all([first, second, moved, third, fourth])).toEqual([7, 8, 9, 10, 11]);
    expect(await contentOf(storage)).toMatchObject({ stream: 'audit/3', from: 3 });
    expect((await storage.query('c')).records).toHaveLength(4);
  });
});

it('the first operation of a process goes where the log was moved while it looked for the end of it', async () => {
  const records = chained(6);
  const storage = await storeOf(6);
  const ring = newRing();
  await moveBehind(storage, 6, await startAfter(records, 2, ring));
  await commitAudited(storage, countingIds(), [], entryOf(6));
  let isFirst = true;
  const looked = over(storage, {
    get: async (collection, id) => {
      const found = await storage.get(collection, id);
      // Another process removes what is old between this look and the next.
      if (isFirst) await moveBehind(storage, 7, await startAfter(records, 6, ring));
      isFirst = false;
      return found;
    },
  });
  expect(await commitAudited(looked, countingIds(), [put('a', 1)], entryOf(7))).toBe(8);
  expect(await contentOf(storage)).toEqual({ stream: 'audit/6', from: 6, ids: ['i6', 'i7'] });
});

it('whatever is done at the same time, there is a record of each that was done and of no other, in one order', async () => {
  const change = fc.oneof(
    fc.record({ id: fc.constantFrom('a', 'b', 'c'), is: fc.constantFrom('put', 'insert', 'check') }),
    fc.record({ id: fc.constantFrom('d', 'e', 'f', 'g', 'h'), is: fc.constant('insert') }),
  );
  const operation = fc.uniqueArray(change, { selector: ({ id }) => id, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 40 }), async (operations) => {
      const storage = new MemoryStorage();
      const { operate } = watched(storage);
      const changesOf = (operation: (typeof operations)[number], i: number): Change[] =>
        operation.map(({ id, is }) =>
          is === 'check' ? check(id, 'absent') : put(id, i, is === 'insert' ? 'absent' : 'any'),
        );
      const settled = await Promise.allSettled(operations.map((given, i) => operate(...changesOf(given, i))));
      // Done one after the other in the order of the log, the same operations leave the same store.
      const replayed = new MemoryStorage();
      const done: string[] = [];
      for await (const { value } of readAuditTrail(storage)) {
        const i = Number((value as { id: string }).id.slice(1));
        await replayed.commit(changesOf(operations[i]!, i));
        done.push(`i${i}`);
        expect(settled[i]).toEqual({ status: 'fulfilled', value: done.length });
      }
      const fulfilled = settled.flatMap(({ status }, i) => (status === 'fulfilled' ? [`i${i}`] : []));
      expect(done.toSorted()).toEqual(fulfilled.toSorted());
      const left = async (store: Storage) => (await store.query('c')).records.map(({ id, value }) => [id, value]);
      expect(await left(storage)).toEqual(await left(replayed));
      expect(await verifyAuditTrail(storage)).toMatchObject({ status: 'ok', records: done.length });
    }),
    { numRuns: 300 },
  );
});
