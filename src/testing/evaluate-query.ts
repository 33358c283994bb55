import { compareRecords, matches } from '../adapters/memory/match-records.js';
import { flattenIndex } from '../storage/index-fields.js';
import type { IndexFields, OrderBy, Where } from '../storage/storage.js';

/** A record as {@link evaluateQuery} sees it: its id and its index fields. */
export interface IndexedRecord {
  readonly id: string;
  readonly index?: IndexFields;
}

/** The ids of the records that a query finds, all of them in order, straight from the definitions of the port. */
export function evaluateQuery(
  records: readonly IndexedRecord[],
  { where, orderBy = [] }: { readonly where?: Where; readonly orderBy?: readonly OrderBy[] } = {},
): readonly string[] {
  return records
    .map(({ id, index }) => ({ id, index: flattenIndex(index) }))
    .filter((record) => where === undefined || matches(where, record))
    .sort((a, b) => compareRecords(a, b, orderBy))
    .map(({ id }) => id);
}
