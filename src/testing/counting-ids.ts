import type { IdSource } from '../util/ids.js';

/** `prefix-000001`, `prefix-000002`, …: ids that sort in the order they were given out. */
export function countingIds(prefix = 'id'): IdSource {
  let count = 0;
  return { next: () => `${prefix}-${String(++count).padStart(6, '0')}` };
}
