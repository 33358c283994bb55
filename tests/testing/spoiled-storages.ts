import { MemoryStorage } from '../../src/adapters/memory/memory-storage.js';
import type {
  Change,
  OrderBy,
  Page,
  Query,
  Storage,
  StoredRecord,
  StreamPage,
  StreamRange,
} from '../../src/storage/storage.js';

type CommitOptions = Parameters<Storage['commit']>[1];

/** A storage that works, to be spoiled in one place. */
export class Delegate implements Storage {
  readonly inner = new MemoryStorage();
  capabilities = this.inner.capabilities;

  get(collection: string, id: string): Promise<StoredRecord | undefined> {
    return this.inner.get(collection, id);
  }
  query(collection: string, query?: Query): Promise<Page> {
    return this.inner.query(collection, query);
  }
  read(stream: string, range?: StreamRange): Promise<StreamPage> {
    return this.inner.read(stream, range);
  }
  commit(changes: readonly Change[], options?: CommitOptions): Promise<readonly number[]> {
    return this.inner.commit(changes, options);
  }
  close(): Promise<void> {
    return this.inner.close();
  }
}

class IgnoresVersions extends Delegate {
  override commit(changes: readonly (Change | null)[], options?: CommitOptions) {
    return super.commit(
      changes.map((change) =>
        change?.kind === 'put' && typeof change.expect === 'number' ? { ...change, expect: 'any' } : change!,
      ),
      options,
    );
  }
}

class WritesOneByOne extends Delegate {
  override async commit(changes: readonly Change[], options?: CommitOptions) {
    const results: number[] = [];
    for (const change of changes) results.push(...(await super.commit([change], options)));
    return results;
  }
}

class PagesByOffset extends Delegate {
  override async query(collection: string, query: Query = {}): Promise<Page> {
    if (typeof query !== 'object') return super.query(collection, query);
    const start = /^offset-(\d+)$/.exec(String(query.cursor))?.[1];
    if (query.cursor !== undefined && start === undefined) return super.query(collection, query);
    const { cursor: _, ...rest } = query;
    await super.query(collection, rest); // refuses what is malformed
    const { records } = await super.query(collection, { ...rest, limit: 50_000 });
    const end = Number(start ?? 0) + (query.limit ?? 100);
    const page = { records: records.slice(Number(start ?? 0), end) };
    return end < records.length ? { ...page, cursor: `offset-${end}` } : page;
  }
}

class NeverDescends extends Delegate {
  override query(collection: string, query: Query = {}) {
    if (!Array.isArray(query.orderBy)) return super.query(collection, query);
    const orderBy = query.orderBy.map((key: OrderBy): OrderBy => {
      return key.direction === 'desc' ? { ...key, direction: 'asc' } : key;
    });
    return super.query(collection, { ...query, orderBy });
  }
}

class InventsVersions extends Delegate {
  override async get(collection: string, id: string) {
    const record = await super.get(collection, id);
    return record && { ...record, version: 1 };
  }
}

class ReadsTooMuch extends Delegate {
  override read(stream: string, range: StreamRange = {}) {
    return super.read(stream, range.to === undefined ? range : { ...range, to: range.to + 1 });
  }
}

class NeverCloses extends Delegate {
  override close = () => Promise.resolve();
}

class ClaimsPersistence extends Delegate {
  override capabilities = { name: 'x', persistent: true, multiProcess: false };
}

/** With the first case that notices. */
export const spoiledStorages: readonly (readonly [Spoiled: new () => Storage, caughtBy: string])[] = [
  [IgnoresVersions, 'put with an expected version refuses an older, a newer and no record'],
  [WritesOneByOne, 'check holds a commit to a precondition and writes nothing'],
  [PagesByOffset, 'while others write, cursors neither repeat nor lose a record that stays as it is'],
  [
    NeverDescends,
    'descending: strings, numbers, booleans, then still NaN, null and absent; ties still ascending by id',
  ],
  [InventsVersions, 'a commit returns a number a change: the version of a put, the length after an append, else 0'],
  [ReadsTooMuch, 'any slice of a stream written in batches of different sizes is what was appended there'],
  [NeverCloses, 'a closed storage refuses every call, and may be closed again'],
  [
    ClaimsPersistence,
    'the harness can reopen what the adapter calls persistent, and names the optional methods it has',
  ],
];
