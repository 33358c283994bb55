import type { IdSource } from '../util/ids.js';

/** Ids that say the order they were made in: `id-1`, `id-2`, … */
export function countingIds(prefix = 'id-'): IdSource {
  let count = 0;
  return { next: () => `${prefix}${++count}` };
}
