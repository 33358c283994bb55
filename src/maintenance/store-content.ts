import { createHash } from 'node:crypto';
import { MLOpsError } from '../errors.js';
import { migrationCollection } from '../runtime/unfinished-migration.js';
import type { DumpPage, DumpedItem, IndexScalar, Storage } from '../storage/storage.js';
import type { Digest } from '../util/digest.js';
import { type JsonObject, canonicalJson } from '../util/json.js';
import { type WorkOptions, assertNotAborted } from './store-directories.js';

/** What records and streams a store holds: stores with equal content have equal counts and an equal digest. */
export interface StoreContent {
  readonly records: number;
  readonly streams: number;
  readonly entries: number;
  /** SHA-256 over all of it, in the order of a dump; see `measureStore`. */
  readonly digest: Digest;
}

/** The pages of a dump, without what {@link migrationCollection} holds. */
export async function* dumpPages(storage: Storage, { signal }: WorkOptions, from?: string): AsyncGenerator<DumpPage> {
  if (storage.dump === undefined) {
    throw new MLOpsError(
      'UNSUPPORTED',
      `the ${storage.capabilities.name} storage cannot list what it holds: it has no dump`,
    );
  }
  for (let cursor = from; ;) {
    assertNotAborted(signal);
    const { items, ...next } = await storage.dump(cursor);
    yield { items: items.filter((item) => item.kind !== 'record' || item.collection !== migrationCollection), ...next };
    cursor = next.cursor;
    if (cursor === undefined) return;
  }
}

/**
 * Counts what a store holds and computes its digest: SHA-256 over one line an item, the canonical JSON (RFC 8785) of
 * `[collection, id, value, index]` for a record, of `[stream]` where a stream begins, and of each of its values. How
 * entries are grouped, and the versions of records, do not count.
 */
export async function measureStore(storage: Storage, options: WorkOptions = {}): Promise<StoreContent> {
  const hash = createHash('sha256');
  let [records, streams, entries] = [0, 0, 0];
  for await (const { items } of dumpPages(storage, options)) {
    for (const item of items) {
      if (item.kind === 'record') records++;
      else {
        if (item.first === 0) streams++;
        entries += item.values.length;
      }
      for (const line of linesOf(item)) hash.update(line).update('\n');
    }
    options.onProgress?.(0, `${records} records, ${entries} entries read`);
  }
  return { records, streams, entries, digest: `sha256:${hash.digest('hex')}` };
}

function* linesOf(item: DumpedItem): Generator<string> {
  if (item.kind === 'record') {
    const { collection, id, value, index } = item;
    const named = Object.fromEntries(Object.entries(index).map(([name, scalar]) => [name, plain(scalar)]));
    yield canonicalJson([collection, id, value, named]);
    return;
  }
  if (item.first === 0) yield canonicalJson([item.stream]);
  for (const value of item.values) yield canonicalJson(value);
}

/** Index fields may be numbers that JSON has not. */
const plain = (scalar: IndexScalar): IndexScalar | JsonObject =>
  typeof scalar === 'number' && !Number.isFinite(scalar) ? { number: String(scalar) } : scalar;
