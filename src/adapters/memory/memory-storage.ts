import { ConflictError } from '../../errors.js';
import { ChangeFeed, changedCollections } from '../../storage/change-feed.js';
import { type CheckedChange, checkChanges, checkCommitOptions } from '../../storage/checked-change.js';
import { checkQuery, checkRange } from '../../storage/checked-query.js';
import { encodeCursor } from '../../storage/cursor.js';
import { decodeDumpCursor } from '../../storage/dump-cursor.js';
import type { FlatIndex } from '../../storage/index-fields.js';
import { OperationGate } from '../../storage/operation-gate.js';
import { checkStorageName } from '../../storage/storage-name.js';
import type {
  Change,
  DumpPage,
  Durability,
  Page,
  Query,
  Storage,
  StorageCapabilities,
  StoredRecord,
  StreamPage,
  StreamRange,
  WatchListener,
  WatchOptions,
} from '../../storage/storage.js';
import { deepFreeze } from '../../util/freeze.js';
import type { JsonValue } from '../../util/json.js';
import { dumpMemory } from './dump-memory.js';
import { selectPage } from './match-records.js';

interface Row {
  readonly id: string;
  readonly record: StoredRecord;
  readonly index: FlatIndex;
}

/**
 * Keeps everything in this process, until it ends. Values are copied on the way in and frozen; queries look at every
 * record of the collection.
 */
export class MemoryStorage implements Storage {
  readonly capabilities: StorageCapabilities = { name: 'memory', persistent: false, multiProcess: false };

  readonly #collections = new Map<string, Map<string, Row>>();
  readonly #streams = new Map<string, JsonValue[]>();
  readonly #gate = new OperationGate('this storage');
  readonly #feed = new ChangeFeed();
  #lastVersion = 0;

  get(collection: string, id: string): Promise<StoredRecord | undefined> {
    return this.#gate.run(() => {
      checkStorageName(collection, 'collection');
      checkStorageName(id, 'id');
      return this.#collections.get(collection)?.get(id)?.record;
    });
  }

  query(collection: string, query?: Query): Promise<Page> {
    return this.#gate.run(() => {
      checkStorageName(collection, 'collection');
      const checked = checkQuery(collection, query);
      const page = selectPage(this.#collections.get(collection)?.values() ?? [], checked);
      const records = page.records.map((row) => row.record);
      if (page.last === undefined) return { records };
      return { records, cursor: encodeCursor(page.last, collection, checked.where, checked.orderBy) };
    });
  }

  read(stream: string, range?: StreamRange): Promise<StreamPage> {
    return this.#gate.run(() => {
      const { from, to } = checkRange(range);
      const values = this.#streams.get(checkStorageName(stream, 'stream')) ?? [];
      const entries = values.slice(from, to).map((value, i) => ({ seq: from + i, value }));
      return { entries, length: values.length };
    });
  }

  commit(changes: readonly Change[], options: { readonly durability?: Durability } = {}): Promise<readonly number[]> {
    return this.#gate.run(() => {
      checkCommitOptions(options);
      const checked = checkChanges(changes);
      for (const change of checked) this.#checkPrecondition(change);
      const results = checked.map((change) => this.#apply(change));
      this.#feed.publish(changedCollections(checked));
      return results;
    });
  }

  watch(collections: readonly string[], listener: WatchListener, options?: WatchOptions): Promise<void> {
    return this.#gate.run(() => this.#feed.watch(collections, listener, options));
  }

  dump(cursor?: string): Promise<DumpPage> {
    return this.#gate.run(() => dumpMemory(this.#collections, this.#streams, decodeDumpCursor(cursor)));
  }

  namedDigests(): Promise<ReadonlySet<string>> {
    return this.#gate.run(() => {
      const values = [...this.#collections.values()].flatMap((rows) =>
        [...rows.values()].map(({ record }) => record.value),
      );
      const text = JSON.stringify([values, [...this.#streams.values()]]);
      return new Set(Array.from(text.matchAll(/sha256:[0-9a-f]{64}/g), ([digest]) => digest));
    });
  }

  close(): Promise<void> {
    return this.#gate.close(() => {
      this.#feed.close();
      this.#collections.clear();
      this.#streams.clear();
    });
  }

  #checkPrecondition(change: CheckedChange): void {
    if (change.expect === undefined || change.expect === 'any') return;
    if (change.kind === 'append' || change.kind === 'drop') {
      const { stream, expect: expected } = change;
      const actual = this.#streams.get(stream)?.length ?? 0;
      if (actual !== expected) throw new ConflictError({ kind: 'stream', stream, expected, actual });
      return;
    }
    const { collection, id, expect: expected } = change;
    const actual = this.#collections.get(collection)?.get(id)?.record.version ?? 'absent';
    if (actual !== expected) throw new ConflictError({ kind: 'record', collection, id, expected, actual });
  }

  #apply(change: CheckedChange): number {
    switch (change.kind) {
      case 'put': {
        const { id, index } = change;
        const version = ++this.#lastVersion;
        const record = deepFreeze({ id, version, value: JSON.parse(change.text) as JsonValue });
        this.#collection(change.collection).set(id, { id, record, index });
        return version;
      }
      case 'delete':
        this.#collections.get(change.collection)?.delete(change.id);
        return 0;
      case 'append': {
        if (change.texts.length === 0) return this.#streams.get(change.stream)?.length ?? 0;
        const values = this.#stream(change.stream);
        for (const text of change.texts) values.push(deepFreeze(JSON.parse(text) as JsonValue));
        return values.length;
      }
      case 'drop':
        this.#streams.delete(change.stream);
        return 0;
      case 'check':
        return 0;
    }
  }

  #collection(name: string): Map<string, Row> {
    const rows = this.#collections.get(name) ?? new Map<string, Row>();
    this.#collections.set(name, rows);
    return rows;
  }

  #stream(name: string): JsonValue[] {
    const values = this.#streams.get(name) ?? [];
    this.#streams.set(name, values);
    return values;
  }
}
