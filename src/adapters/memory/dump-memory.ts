import { type DumpPosition, encodeDumpCursor, streamsStart } from '../../storage/dump-cursor.js';
import { compareCodePoints } from '../../storage/index-scalar.js';
import type { FlatIndex } from '../../storage/index-fields.js';
import type { DumpPage, DumpedItem, StoredRecord } from '../../storage/storage.js';
import type { JsonValue } from '../../util/json.js';

const itemsPerPage = 1_000;

type Collections = ReadonlyMap<
  string,
  ReadonlyMap<string, { readonly record: StoredRecord; readonly index: FlatIndex }>
>;

/** What comes after a position. Names are sorted anew for every page. */
export function dumpMemory(
  collections: Collections,
  streams: ReadonlyMap<string, readonly JsonValue[]>,
  after: DumpPosition,
): DumpPage {
  return after.part === 'records' ? recordsPage(collections, after) : streamsPage(streams, after);
}

function recordsPage(collections: Collections, after: Extract<DumpPosition, { part: 'records' }>): DumpPage {
  const items: DumpedItem[] = [];
  for (const [collection, rows] of sorted(collections)) {
    const order = compareCodePoints(collection, after.collection);
    if (order < 0) continue;
    for (const [id, { record, index }] of sorted(rows)) {
      if (order === 0 && compareCodePoints(id, after.id) <= 0) continue;
      items.push({ kind: 'record', collection, id, value: record.value, index: Object.fromEntries(index) });
      if (items.length === itemsPerPage) {
        return { items, cursor: encodeDumpCursor({ part: 'records', collection, id }) };
      }
    }
  }
  return { items, cursor: encodeDumpCursor(streamsStart) };
}

function streamsPage(
  streams: ReadonlyMap<string, readonly JsonValue[]>,
  after: Extract<DumpPosition, { part: 'streams' }>,
): DumpPage {
  const items: DumpedItem[] = [];
  let count = 0;
  for (const [stream, all] of sorted(streams)) {
    const order = compareCodePoints(stream, after.stream);
    if (order < 0) continue;
    for (let first = order === 0 ? after.first + 1 : 0; first < all.length;) {
      const values = all.slice(first, first + itemsPerPage - count);
      items.push({ kind: 'entries', stream, first, values });
      first += values.length;
      count += values.length;
      if (count === itemsPerPage) {
        return { items, cursor: encodeDumpCursor({ part: 'streams', stream, first: first - 1 }) };
      }
    }
  }
  return { items };
}

const sorted = <T>(map: ReadonlyMap<string, T>): [string, T][] => [...map].sort(([a], [b]) => compareCodePoints(a, b));
