import type { Field } from './filter.js';

/** One sort key. */
export interface OrderTerm {
  readonly field: Field;
  readonly direction: 'asc' | 'desc';
}
