import assert from 'node:assert/strict';
import type { DumpedItem, Storage } from '../../storage/storage.js';
import { type StorageCase, put, rejectsWith } from './storage-case.js';

/** Every page of a dump, and how many there were. */
async function dump(storage: Storage): Promise<{ items: DumpedItem[]; pages: number }> {
  const items: DumpedItem[] = [];
  let cursor: string | undefined;
  for (let pages = 1; pages < 10_000; pages++) {
    const page = await storage.dump!(cursor);
    items.push(...page.items);
    cursor = page.cursor;
    if (cursor === undefined) return { items, pages };
  }
  assert.fail('the pages do not end');
}

const record = (collection: string, id: string, value: number, index = {}): DumpedItem => ({
  kind: 'record',
  collection,
  id,
  value,
  index,
});

export const dumpCases: readonly StorageCase[] = [
  {
    name: 'a dump shows every record with its index fields, then every stream, in the order of code points',
    needs: 'dump',
    async run(storage) {
      assert.deepEqual((await dump(storage)).items, []);
      const index = { metrics: { rmse: NaN, 'a.b': -Infinity }, stage: 'é😀', isLive: true, none: null, n: 0.1 };
      await put(storage, 'b', 'z', 1);
      await put(storage, 'b', '\u{1f600}', 2);
      await put(storage, 'b', '\uffee', 3);
      await put(storage, 'a', 'x', 4, index);
      await put(storage, 'a', 'gone', 5, { stage: 'x' });
      await storage.commit([
        { kind: 'delete', collection: 'a', id: 'gone', expect: 'any' },
        { kind: 'append', stream: 's/2', values: [{ deep: [1, 'é'] }] },
        { kind: 'append', stream: 's/1', values: [1, 2] },
      ]);
      const others = ['audits', 'audit/2026', 'audit', 'audit!', 'a'];
      await storage.commit(others.map((stream) => ({ kind: 'append', stream, values: [stream] })));
      await storage.commit([
        { kind: 'append', stream: 's/1', values: [null] },
        { kind: 'append', stream: 'audit', values: [7] },
      ]);
      const flat = { 'metrics.rmse': NaN, 'metrics.a.b': -Infinity, stage: 'é😀', isLive: true, none: null, n: 0.1 };
      const { items } = await dump(storage);
      const records = items.filter(({ kind }) => kind === 'record');
      assert.deepEqual(records, [
        record('a', 'x', 4, flat),
        record('b', 'z', 1),
        record('b', '\uffee', 3),
        record('b', '\u{1f600}', 2),
      ]);
      const entries = items.slice(records.length).flatMap((item) => {
        assert.equal(item.kind, 'entries');
        return item.values.map((value, i) => [item.stream, item.first + i, value]);
      });
      assert.deepEqual(entries, [
        ['a', 0, 'a'],
        ['audit', 0, 'audit'],
        ['audit', 1, 7],
        ['audit!', 0, 'audit!'],
        ['audit/2026', 0, 'audit/2026'],
        ['audits', 0, 'audits'],
        ['s/1', 0, 1],
        ['s/1', 1, 2],
        ['s/1', 2, null],
        ['s/2', 0, { deep: [1, 'é'] }],
      ]);
    },
  },
  {
    name: 'a dump of much comes in pages that neither repeat nor lose anything',
    needs: 'dump',
    async run(storage) {
      const large = 'x'.repeat(1024 * 1024);
      await storage.commit(
        Array.from({ length: 1_050 }, (_, i) => ({
          kind: 'put',
          collection: `c${i % 3}`,
          id: String(i),
          value: i % 250 === 0 ? large : i,
          index: { i },
          expect: 'absent',
        })),
      );
      await storage.commit(Array.from({ length: 1_010 }, (_, i) => ({ kind: 'append', stream: `s${i}`, values: [i] })));
      await storage.commit([{ kind: 'append', stream: 'long', values: Array.from({ length: 5_000 }, (_, i) => i) }]);
      for (const stream of ['audit', 'audit/2026']) {
        for (let i = 0; i < 520; i++) await storage.commit([{ kind: 'append', stream, values: [i] }]);
        await storage.commit([{ kind: 'append', stream, values: Array.from({ length: 5_000 }, (_, i) => i + 520) }]);
      }
      const { items, pages } = await dump(storage);
      assert.ok(pages > 2, `${pages} pages`);
      const ids = items.flatMap((item) => (item.kind === 'record' ? [Number(item.id)] : []));
      assert.deepEqual(
        ids.sort((a, b) => a - b),
        Array.from({ length: 1_050 }, (_, i) => i),
      );
      const lengths = new Map<string, number>();
      for (const item of items) {
        if (item.kind === 'record') continue;
        assert.equal(item.first, lengths.get(item.stream) ?? 0, item.stream);
        lengths.set(item.stream, item.first + item.values.length);
        if (/^(long|audit)/.test(item.stream)) assert.equal(item.values[0], item.first);
      }
      assert.equal(lengths.size, 1_013);
      assert.equal(lengths.get('audit'), 5_520);
      assert.equal(lengths.get('audit/2026'), 5_520);
      assert.equal(lengths.get('long'), 5_000);
    },
  },
  {
    name: 'a dump refuses cursors that are none, and a closed storage has none',
    needs: 'dump',
    async run(storage) {
      for (const cursor of ['', 'x', 'e30', 7, null]) {
        await rejectsWith('INVALID_INPUT', () => storage.dump!(cursor as string));
      }
      await storage.close();
      await rejectsWith('CLOSED', () => storage.dump!());
    },
  },
];
