import { ConflictError, MLOpsError } from '../../errors.js';
import { compareBy, compareText, flattenIndex, matches } from '../../storage/index-order.js';
import type {
  Change,
  IndexScalar,
  Page,
  Query,
  Storage,
  StoredRecord,
  StreamPage,
  StreamRange,
} from '../../storage/storage.js';
import {
  type CheckedChange,
  type CursorPosition,
  checkChanges,
  checkQuery,
  checkRange,
  checkStorageName,
  decodeCursor,
  encodeCursor,
} from '../../storage/validate.js';
import { deepFreeze } from '../../util/freeze.js';
import type { JsonValue } from '../../util/json.js';

interface MemoryRecord extends StoredRecord {
  readonly index: ReadonlyMap<string, IndexScalar>;
}

/** Storage in this process's memory: for tests, examples and throw-away work. Everything is gone with the process. */
export class MemoryStorage implements Storage {
  readonly capabilities = { name: 'memory', persistent: false, multiProcess: false };
  readonly #collections = new Map<string, Map<string, MemoryRecord>>();
  readonly #streams = new Map<string, JsonValue[]>();
  #lastVersion = 0;
  #isClosed = false;

  async get(collection: string, id: string): Promise<StoredRecord | undefined> {
    this.#assertOpen();
    checkStorageName(collection, 'collection');
    checkStorageName(id, 'id');
    const found = this.#collections.get(collection)?.get(id);
    return found && view(found);
  }

  async query(collection: string, query: Query = {}): Promise<Page> {
    this.#assertOpen();
    checkStorageName(collection, 'collection');
    const limit = checkQuery(query);
    const { where, orderBy = [], cursor } = query;
    const positionOf = (record: MemoryRecord): CursorPosition => ({
      keys: orderBy.map(({ field }) => (field === 'id' ? record.id : record.index.get(field))),
      id: record.id,
    });
    const compare = (a: CursorPosition, b: CursorPosition): number => {
      for (const [i, { direction }] of orderBy.entries()) {
        const order = compareBy(a.keys[i], b.keys[i], direction);
        if (order !== 0) return order;
      }
      return compareText(a.id, b.id);
    };
    const after = cursor === undefined ? undefined : decodeCursor(cursor, orderBy.length);
    const found = [...(this.#collections.get(collection)?.values() ?? [])]
      .filter((record) => where === undefined || matches(where, record.id, record.index))
      .map((record) => ({ record, position: positionOf(record) }))
      .filter(({ position }) => after === undefined || compare(position, after) > 0)
      .sort((a, b) => compare(a.position, b.position));
    const page = found.slice(0, limit);
    const records = page.map(({ record }) => view(record));
    return found.length > limit ? { records, cursor: encodeCursor(page.at(-1)!.position) } : { records };
  }

  async read(stream: string, range: StreamRange = {}): Promise<StreamPage> {
    this.#assertOpen();
    checkStorageName(stream, 'stream');
    const { from, to, limit } = checkRange(range);
    const values = this.#streams.get(stream) ?? [];
    const entries = values.slice(from, Math.min(to, from + limit)).map((value, i) => ({ seq: from + i, value }));
    return { entries, length: values.length };
  }

  async commit(changes: readonly Change[]): Promise<readonly number[]> {
    this.#assertOpen();
    const checked = checkChanges(changes);
    for (const change of checked) this.#assertExpected(change);
    if (checked.some((change) => change.kind === 'put')) this.#lastVersion++;
    return checked.map((change) => this.#apply(change));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #apply(change: CheckedChange): number {
    switch (change.kind) {
      case 'put': {
        const { collection, id, index } = change;
        const value = deepFreeze(JSON.parse(change.json) as JsonValue);
        const record = { id, version: this.#lastVersion, value, index: flattenIndex(index) };
        let records = this.#collections.get(collection);
        if (records === undefined) this.#collections.set(collection, (records = new Map()));
        records.set(id, record);
        return record.version;
      }
      case 'delete':
        this.#collections.get(change.collection)?.delete(change.id);
        return 0;
      case 'append': {
        let stream = this.#streams.get(change.stream);
        if (stream === undefined) this.#streams.set(change.stream, (stream = []));
        for (const value of deepFreeze(JSON.parse(change.json) as JsonValue[])) stream.push(value);
        return stream.length;
      }
      case 'check':
        return 0;
    }
  }

  #assertExpected(change: CheckedChange): void {
    if (change.kind === 'append') {
      const actual = this.#streams.get(change.stream)?.length ?? 0;
      const { stream, expect: expected = actual } = change;
      if (expected !== actual) throw new ConflictError({ kind: 'stream', stream, expected, actual });
      return;
    }
    const { collection, id, expect: expected } = change;
    const actual = this.#collections.get(collection)?.get(id)?.version ?? 'absent';
    if (expected !== 'any' && expected !== actual) {
      throw new ConflictError({ kind: 'record', collection, id, expected, actual });
    }
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new MLOpsError('CLOSED', 'this storage was closed; open another');
  }
}

const view = ({ id, version, value }: MemoryRecord): StoredRecord => ({ id, version, value });
