import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { ConflictError, MLOpsError } from '../../errors.js';
import type { Change, Storage } from '../../storage/storage.js';
import type { JsonValue } from '../../util/json.js';
import { type StorageCase, put, race, rejectsWith } from './storage-case.js';

const putIf = (id: string, expect: number | 'absent' | 'any', value: number): Change => ({
  kind: 'put',
  collection: 'c',
  id,
  value,
  expect,
});

function cyclic(): object {
  const value: Record<string, unknown> = {};
  value['itself'] = value;
  return value;
}

/** Adds one to a counter, as often as it takes for nobody to come between reading and writing. */
async function increment(storage: Storage): Promise<void> {
  for (let attempt = 0; attempt < 1_000; attempt++) {
    const counter = await storage.get('c', 'counter');
    try {
      await storage.commit([putIf('counter', counter?.version ?? 'absent', Number(counter?.value ?? 0) + 1)]);
      return;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
  assert.fail('a commit on the version just read lost a thousand times');
}

const conflict = (call: () => Promise<unknown>, expected: ConflictError['conflict']): Promise<void> =>
  assert.rejects(call, (error) => {
    assert.ok(error instanceof ConflictError);
    assert.deepEqual(error.conflict, expected);
    return true;
  });

export const commitCases: readonly StorageCase[] = [
  {
    name: 'a commit returns a number a change: the version of a put, the length after an append, else 0',
    async run(storage) {
      const [version] = await storage.commit([putIf('gone', 'absent', 1)]);
      const results = await storage.commit([
        putIf('new', 'absent', 1),
        { kind: 'append', stream: 's', values: ['x', 'y'] },
        { kind: 'delete', collection: 'c', id: 'gone', expect: version! },
        { kind: 'check', collection: 'c', id: 'nobody', expect: 'absent' },
      ]);
      const record = await storage.get('c', 'new');
      assert.deepEqual(results, [record?.version, 2, 0, 0]);
      assert.deepEqual(await storage.commit([]), []);
    },
  },
  {
    name: 'put with expect absent refuses a record that is there',
    async run(storage) {
      const version = await put(storage, 'c', 'a', 1);
      await conflict(() => storage.commit([putIf('a', 'absent', 2)]), {
        kind: 'record',
        collection: 'c',
        id: 'a',
        expected: 'absent',
        actual: version,
      });
      assert.equal((await storage.get('c', 'a'))?.value, 1);
    },
  },
  {
    name: 'put with an expected version refuses an older, a newer and no record',
    async run(storage) {
      const old = await put(storage, 'c', 'a', 1);
      const current = await put(storage, 'c', 'a', 2);
      const at = { kind: 'record', collection: 'c', id: 'a', actual: current } as const;
      await conflict(() => storage.commit([putIf('a', old, 3)]), { ...at, expected: old });
      await conflict(() => storage.commit([putIf('a', current + 1, 3)]), { ...at, expected: current + 1 });
      await conflict(() => storage.commit([putIf('b', current, 3)]), {
        ...at,
        id: 'b',
        expected: current,
        actual: 'absent',
      });
      await storage.commit([putIf('a', current, 3)]);
      assert.equal((await storage.get('c', 'a'))?.value, 3);
    },
  },
  {
    name: 'delete takes away the expected version, any version, and nothing else',
    async run(storage) {
      const old = await put(storage, 'c', 'a', 1);
      const current = await put(storage, 'c', 'a', 2);
      const remove = (expect: number | 'any') => storage.commit([{ kind: 'delete', collection: 'c', id: 'a', expect }]);
      await rejectsWith('CONFLICT', () => remove(old));
      await remove(current);
      assert.equal(await storage.get('c', 'a'), undefined);
      await rejectsWith('CONFLICT', () => remove(current));
      await remove('any');
      await put(storage, 'c', 'a', 3);
      await remove('any');
      assert.equal(await storage.get('c', 'a'), undefined);
      assert.deepEqual((await storage.query('c')).records, []);
    },
  },
  {
    name: 'check holds a commit to a precondition and writes nothing',
    async run(storage) {
      const version = await put(storage, 'c', 'a', 1);
      const change = putIf('b', 'any', 1);
      const check = (expect: number | 'absent'): Change => ({ kind: 'check', collection: 'c', id: 'a', expect });
      await rejectsWith('CONFLICT', () => storage.commit([change, check('absent')]));
      await rejectsWith('CONFLICT', () => storage.commit([change, check(version + 1)]));
      assert.equal(await storage.get('c', 'b'), undefined);
      await storage.commit([change, check(version)]);
      assert.equal((await storage.get('c', 'b'))?.value, 1);
      assert.equal((await storage.get('c', 'a'))?.version, version);
    },
  },
  {
    name: 'of two writers on the same version exactly one wins',
    async run(storage) {
      const version = await put(storage, 'c', 'a', 0);
      const outcome = await race([storage.commit([putIf('a', version, 1)]), storage.commit([putIf('a', version, 2)])]);
      assert.deepEqual(outcome, { won: 1, lost: 1 });
      const created = await race([1, 2, 3].map((value) => storage.commit([putIf('new', 'absent', value)])));
      assert.deepEqual(created, { won: 1, lost: 2 });
    },
  },
  {
    name: 'of several appends that expect the same length exactly one wins',
    async run(storage) {
      const append = (value: number) => storage.commit([{ kind: 'append', stream: 's', values: [value], expect: 0 }]);
      assert.deepEqual(await race([append(1), append(2), append(3)]), { won: 1, lost: 2 });
      assert.equal((await storage.read('s')).length, 1);
    },
  },
  {
    name: 'concurrent increments with optimistic retry all count',
    async run(storage) {
      await Promise.all(Array.from({ length: 24 }, () => increment(storage)));
      assert.equal((await storage.get('c', 'counter'))?.value, 24);
    },
  },
  {
    name: 'increments through two handles on the same storage all count',
    needsReopen: true,
    async run(storage, { reopen }) {
      if (!storage.capabilities.multiProcess) return;
      const other = await reopen();
      try {
        await Promise.all(Array.from({ length: 24 }, (_, i) => increment(i % 2 === 0 ? storage : other)));
        assert.equal((await other.get('c', 'counter'))?.value, 24);
        assert.equal((await storage.get('c', 'counter'))?.value, 24);
      } finally {
        await other.close();
      }
    },
  },
  {
    name: 'a commit is all or nothing across records and streams',
    async run(storage) {
      const version = await put(storage, 'c', 'a', 'before', { tag: 'before' });
      await storage.commit([{ kind: 'append', stream: 's', values: ['before'] }]);
      const writes: Change[] = [
        { kind: 'put', collection: 'c', id: 'a', value: 'after', index: { tag: 'after' }, expect: version },
        putIf('new', 'absent', 1),
        { kind: 'append', stream: 's', values: ['after'], expect: 1 },
      ];
      const failing: Change[] = [
        { kind: 'append', stream: 't', values: [1], expect: 1 },
        { kind: 'delete', collection: 'd', id: 'x', expect: 1 },
        { kind: 'check', collection: 'd', id: 'x', expect: 1 },
        { kind: 'put', collection: 'd', id: 'x', value: 1, expect: 1 },
      ];
      for (const change of failing) {
        await rejectsWith('CONFLICT', () => storage.commit([...writes, change]));
        await rejectsWith('CONFLICT', () => storage.commit([change, ...writes]));
      }
      assert.equal((await storage.get('c', 'a'))?.value, 'before');
      assert.equal((await storage.get('c', 'a'))?.version, version);
      assert.equal(await storage.get('c', 'new'), undefined);
      assert.equal((await storage.read('s')).length, 1);
      assert.equal((await storage.read('t')).length, 0);
      const found = await storage.query('c', { where: { field: 'tag', op: 'eq', value: 'after' } });
      assert.deepEqual(found.records, []);
      assert.equal((await storage.commit(writes)).length, 3);
    },
  },
  {
    name: 'of commits made at the same time, one that fails fails alone',
    async run(storage) {
      const commits = Array.from({ length: 30 }, (_, i) =>
        storage.commit([putIf(`r${i}`, i % 3 === 1 ? 999 : 'absent', i), { kind: 'append', stream: 's', values: [i] }]),
      );
      assert.deepEqual(await race(commits), { won: 20, lost: 10 });
      assert.equal((await storage.query('c')).records.length, 20);
      assert.equal((await storage.read('s')).length, 20);
    },
  },
  {
    name: 'what a commit acknowledged is seen by the next read',
    async run(storage) {
      for (let i = 0; i < 10; i++) {
        const [version] = await storage.commit([putIf('a', 'any', i), { kind: 'append', stream: 's', values: [i] }]);
        assert.deepEqual(await storage.get('c', 'a'), { id: 'a', version, value: i });
        assert.equal((await storage.read('s')).length, i + 1);
      }
    },
  },
  {
    name: 'versions grow with every write and are not used again after a delete',
    async run(storage) {
      const versions: number[] = [];
      for (let i = 0; i < 3; i++) {
        versions.push(await put(storage, 'c', 'a', i), await put(storage, 'c', 'a', i));
        await storage.commit([{ kind: 'delete', collection: 'c', id: 'a', expect: 'any' }]);
      }
      assert.ok(
        versions.every((version, i) => i === 0 || version > versions[i - 1]!),
        versions.join(' '),
      );
      await rejectsWith('CONFLICT', () => storage.commit([putIf('a', versions.at(-1)!, 0)]));
    },
  },
  {
    name: 'a change refused as invalid leaves nothing of its commit behind',
    async run(storage) {
      const good = putIf('good', 'any', 1);
      const twice: Change[] = [good, { kind: 'delete', collection: 'c', id: 'good', expect: 'any' }];
      const append: Change = { kind: 'append', stream: 's', values: [1] };
      const bad: unknown[][] = [
        twice,
        [append, append],
        [good, { ...good, collection: '' }],
        [good, { ...good, id: 'a\nb' }],
        [good, { ...good, id: 'x'.repeat(513) }],
        [good, { ...good, id: '\ud800' }],
        [good, { ...good, id: 7 }],
        [good, { ...good, id: 'b', value: NaN }],
        [good, { ...good, id: 'b', value: undefined }],
        [good, { ...good, id: 'b', value: { at: new Date(0) } }],
        [good, { ...good, id: 'b', value: [-Infinity] }],
        [good, { ...good, id: 'b', value: { n: Symbol('n') } }],
        [good, { ...good, id: 'b', value: new Map([['a', 1]]) }],
        [good, { ...good, id: 'b', value: { text: '\ud800' } }],
        [good, { ...good, id: 'b', value: cyclic() }],
        ...['__proto__', 'constructor', 'prototype'].map((key) => [
          good,
          { ...good, id: 'b', value: JSON.parse(`[{"deep": {"${key}": {"polluted": true}}}]`) as JsonValue },
        ]),
        [good, { ...good, id: 'b', expect: 1.5 }],
        [good, { ...good, id: 'b', expect: undefined }],
        [good, { ...good, id: 'b', index: { id: 'x' } }],
        [good, { ...good, id: 'b', index: { 'm.a': 1, m: { a: 2 } } }],
        [good, { ...good, id: 'b', index: { m: { a: { deeper: 1 } } } }],
        [good, { ...good, id: 'b', index: { list: [1] } }],
        [good, { ...good, id: 'b', index: { text: 'a\0b' } }],
        [good, { ...append, stream: '\u0007' }],
        [good, { ...append, values: [1, () => 1] }],
        [good, { ...append, expect: -1 }],
        [good, { kind: 'upsert', collection: 'c', id: 'b' }],
        [good, null],
      ];
      for (const changes of bad) {
        const what = inspect(changes, { depth: 5 });
        await rejectsWith('INVALID_INPUT', () => storage.commit(changes as Change[]), what);
      }
      assert.equal(await storage.get('c', 'good'), undefined);
      assert.equal((await storage.read('s')).length, 0);
      assert.equal('polluted' in {}, false);
    },
  },
  {
    name: 'a durability level is taken by its name, and no other',
    async run(storage) {
      await storage.commit([putIf('a', 'absent', 1)], { durability: 'power' });
      await storage.commit([putIf('b', 'absent', 1)], { durability: 'process' });
      const options = { durability: 'eventually' } as unknown as { durability: 'power' };
      await rejectsWith('INVALID_INPUT', () => storage.commit([putIf('c', 'absent', 1)], options));
      assert.equal((await storage.query('c')).records.length, 2);
    },
  },
  {
    name: 'the error of a lost race is an MLOpsError with the code CONFLICT',
    async run(storage) {
      await put(storage, 'c', 'a', 1);
      const error = await storage.commit([putIf('a', 'absent', 1)]).catch((caught: unknown) => caught);
      assert.ok(error instanceof MLOpsError);
      assert.equal(error.code, 'CONFLICT');
    },
  },
];
