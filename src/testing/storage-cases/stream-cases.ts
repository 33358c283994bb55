import assert from 'node:assert/strict';
import type { StreamRange } from '../../storage/storage.js';
import { type StorageCase, rejectsWith } from './storage-case.js';

/** Streams of every kind: a storage may keep those of the audit log apart from others. */
const streams = ['s', 'audit', 'audit/2026'];

export const streamCases: readonly StorageCase[] = [
  {
    name: 'a stream nobody wrote is empty',
    async run(storage) {
      assert.deepEqual(await storage.read('s'), { entries: [], length: 0 });
      assert.deepEqual(await storage.read('s', { from: 5, to: 9, limit: 1 }), { entries: [], length: 0 });
    },
  },
  {
    name: 'entries count from 0 without gaps, in the order they were appended',
    async run(storage) {
      for (const stream of streams) {
        await storage.commit([{ kind: 'append', stream, values: [`${stream} a`] }]);
        await storage.commit([
          { kind: 'append', stream, values: [`${stream} b`, 'c'] },
          { kind: 'append', stream: `audits of ${stream}`, values: ['x'] },
        ]);
      }
      for (const stream of streams) {
        assert.deepEqual(await storage.read(stream), {
          entries: [
            { seq: 0, value: `${stream} a` },
            { seq: 1, value: `${stream} b` },
            { seq: 2, value: 'c' },
          ],
          length: 3,
        });
      }
    },
  },
  {
    name: 'an append that expects another length is refused and adds nothing',
    async run(storage) {
      for (const stream of streams) {
        await storage.commit([{ kind: 'append', stream, values: [1, 2], expect: 0 }]);
        for (const expect of [0, 1, 3]) {
          await rejectsWith('CONFLICT', () => storage.commit([{ kind: 'append', stream, values: [3], expect }]));
        }
        await storage.commit([{ kind: 'append', stream, values: [3], expect: 2 }]);
        assert.equal((await storage.read(stream)).length, 3);
      }
    },
  },
  {
    name: 'the conflict of an append names the stream and both lengths',
    async run(storage) {
      await storage.commit([{ kind: 'append', stream: 's', values: [1, 2] }]);
      const conflict = { kind: 'stream', stream: 's', expected: 5, actual: 2 };
      await assert.rejects(storage.commit([{ kind: 'append', stream: 's', values: [3], expect: 5 }]), { conflict });
    },
  },
  {
    name: 'an append of nothing tells the length and holds to it',
    async run(storage) {
      for (const stream of streams) {
        assert.deepEqual(await storage.commit([{ kind: 'append', stream, values: [] }]), [0]);
        await storage.commit([{ kind: 'append', stream, values: [1] }]);
        assert.deepEqual(await storage.commit([{ kind: 'append', stream, values: [], expect: 1 }]), [1]);
        await rejectsWith('CONFLICT', () => storage.commit([{ kind: 'append', stream, values: [], expect: 0 }]));
      }
    },
  },
  {
    name: 'any slice of a stream written in batches of different sizes is what was appended there',
    async run(storage) {
      const batches = [1, 3, 1_000, 1, 2_500, 7];
      let length = 0;
      for (const size of batches) {
        const values = Array.from({ length: size }, (_, i) => length + i);
        length += size;
        const appends = streams.map((stream) => ({ kind: 'append', stream, values }) as const);
        assert.deepEqual(
          await storage.commit(appends),
          streams.map(() => length),
        );
      }
      const slices: StreamRange[] = [
        {},
        { from: 1 },
        { from: 3, to: 5 },
        { from: 4, limit: 1 },
        { from: 1_003, to: 1_006 },
        { from: 1_500, limit: 1_200 },
        { from: length - 1 },
        { from: length },
        { from: length - 2, to: length + 10 },
        { from: length + 10, to: length + 20 },
        { from: 10, to: 10 },
        { from: 10, to: 5 },
        { limit: 0 },
        { to: 2 },
        { to: 100, limit: 3 },
      ];
      for (const range of slices) {
        const { from = 0, to = length, limit = length } = range;
        const end = Math.min(to, from + limit, length);
        const expected = Array.from({ length: Math.max(0, end - from) }, (_, i) => ({
          seq: from + i,
          value: from + i,
        }));
        for (const stream of streams) {
          const what = `${stream} ${JSON.stringify(range)}`;
          assert.deepEqual(await storage.read(stream, range), { entries: expected, length }, what);
        }
      }
    },
  },
  {
    name: 'concurrent appends all arrive, each in one piece',
    async run(storage) {
      const append = (i: number) => storage.commit([{ kind: 'append', stream: 's', values: [i, i, i] }]);
      const lengths = (await Promise.all(Array.from({ length: 20 }, (_, i) => append(i)))).map(([length]) => length!);
      assert.deepEqual(
        lengths.toSorted((a, b) => a - b),
        Array.from({ length: 20 }, (_, i) => 3 * (i + 1)),
      );
      const { entries } = await storage.read('s');
      for (const [i, length] of lengths.entries()) {
        assert.deepEqual(
          entries.slice(length - 3, length).map(({ value }) => value),
          [i, i, i],
        );
      }
    },
  },
  {
    name: 'a dropped stream is empty and begins anew; its length can be a precondition, other streams stay',
    async run(storage) {
      for (const stream of ['s', 's/2']) {
        for (let i = 0; i < 40; i++) await storage.commit([{ kind: 'append', stream, values: [i] }]);
      }
      await rejectsWith('CONFLICT', () => storage.commit([{ kind: 'drop', stream: 's', expect: 39 }]));
      assert.equal((await storage.read('s')).length, 40);
      assert.deepEqual(await storage.commit([{ kind: 'drop', stream: 's', expect: 40 }]), [0]);
      assert.deepEqual(await storage.read('s'), { entries: [], length: 0 });
      assert.equal((await storage.read('s/2')).length, 40);
      assert.deepEqual(await storage.commit([{ kind: 'append', stream: 's', values: ['new'], expect: 0 }]), [1]);
      assert.deepEqual((await storage.read('s')).entries, [{ seq: 0, value: 'new' }]);
      assert.deepEqual(await storage.commit([{ kind: 'drop', stream: 'nobody wrote it' }]), [0]);
    },
  },
  {
    name: 'a drop is undone with the commit it is part of, and an audit stream is dropped only as the log moves',
    async run(storage) {
      await storage.commit([{ kind: 'append', stream: 's', values: [1, 2] }]);
      const append = (stream: string, ...values: number[]) => storage.commit([{ kind: 'append', stream, values }]);
      await append('audit', 1, 2);
      const lost = { kind: 'check', collection: 'c', id: 'absent', expect: 1 } as const;
      await rejectsWith('CONFLICT', () => storage.commit([{ kind: 'drop', stream: 's' }, lost]));
      assert.equal((await storage.read('s')).length, 2);
      for (const stream of ['audit', 'audit/2026']) {
        await rejectsWith('INVALID_INPUT', () => storage.commit([{ kind: 'drop', stream }]));
      }
      assert.equal((await storage.read('audit')).length, 2);
      const start = { kind: 'put', collection: 'audit.starts', id: 'audit', value: 1, expect: 'absent' } as const;
      await storage.commit([start, { kind: 'drop', stream: 'audit', expect: 2 }]);
      assert.equal((await storage.read('audit')).length, 0);
      await append('audit/2026', 3);
      await append('audit', 4);
      await append('audit/2026', 5);
      for (const [stream, values] of Object.entries({ 'audit/2026': [3, 5], audit: [4] })) {
        assert.deepEqual(
          (await storage.read(stream)).entries.map(({ value }) => value),
          values,
        );
      }
    },
  },
  {
    name: 'malformed ranges are refused',
    async run(storage) {
      for (const range of [{ from: -1 }, { to: 1.5 }, { limit: NaN }, { from: '0' }, 3]) {
        await rejectsWith('INVALID_INPUT', () => storage.read('s', range as StreamRange), JSON.stringify(range));
      }
    },
  },
];
