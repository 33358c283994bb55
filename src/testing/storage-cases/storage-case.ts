import assert from 'node:assert/strict';
import { MLOpsError, type ErrorCode } from '../../errors.js';
import type { IndexFields, Page, Query, Storage } from '../../storage/storage.js';
import type { JsonValue } from '../../util/json.js';

/** Methods that a storage may lack. */
export type OptionalCapability = 'watch' | 'dump';

/** What reaches behind the port; cases say with `needsReopen` and `needsCorrupt` which of it they use. */
export interface StorageAccess {
  readonly reopen: () => Promise<Storage>;
  readonly corrupt: () => Promise<void>;
}

/** A check of the suite, over a storage that is fresh and empty. */
export interface StorageCase {
  readonly name: string;
  /** The case runs only with a harness that can open the same storage again. */
  readonly needsReopen?: true;
  /** The case is about something that a storage may lack. */
  readonly needs?: OptionalCapability;
  /** The case runs only with a harness that can alter what is stored. */
  readonly needsCorrupt?: true;
  run(storage: Storage, access: StorageAccess): Promise<void>;
}

/** Writes one record whatever is there, and returns its version. */
export async function put(
  storage: Storage,
  collection: string,
  id: string,
  value: JsonValue,
  index?: IndexFields,
): Promise<number> {
  const change = { kind: 'put', collection, id, value, expect: 'any' } as const;
  const [version] = await storage.commit([index === undefined ? change : { ...change, index }]);
  return version!;
}

/** Writes a record for every entry of a table of index fields, all in one commit. */
export async function putAll(
  storage: Storage,
  collection: string,
  fields: Readonly<Record<string, IndexFields>>,
): Promise<void> {
  await storage.commit(
    Object.entries(fields).map(([id, index]) => ({
      kind: 'put',
      collection,
      id,
      value: null,
      index,
      expect: 'absent',
    })),
  );
}

export const idsOf = (page: Page): string[] => page.records.map(({ id }) => id);

/** All ids that a query finds, page after page; between pages, something else may happen. */
export async function walk(
  storage: Storage,
  collection: string,
  query: Query,
  between: (page: Page) => Promise<void> = () => Promise.resolve(),
): Promise<string[]> {
  const ids: string[] = [];
  let page = await storage.query(collection, query);
  for (let pages = 0; pages < 10_000; pages++) {
    ids.push(...idsOf(page));
    if (page.cursor === undefined) return ids;
    assert.equal(page.records.length, query.limit ?? 100, 'a page that is not the last is full');
    await between(page);
    page = await storage.query(collection, { ...query, cursor: page.cursor });
  }
  assert.fail('the pages do not end');
}

export const rejectsWith = (code: ErrorCode, call: () => Promise<unknown>, message?: string): Promise<void> =>
  assert.rejects(call, (error) => error instanceof MLOpsError && error.code === code, message ?? `expected ${code}`);

/** Who won and who lost, by whether the promise was fulfilled; losers must have lost to a conflict. */
export async function race(attempts: readonly Promise<unknown>[]): Promise<{ won: number; lost: number }> {
  const outcomes = await Promise.allSettled(attempts);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') assert.equal((outcome.reason as MLOpsError).code, 'CONFLICT');
  }
  const won = outcomes.filter(({ status }) => status === 'fulfilled').length;
  return { won, lost: outcomes.length - won };
}
