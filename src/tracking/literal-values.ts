import { parseDate } from '../data/cell.js';
import { refuse } from '../util/check.js';
import type { Field, Literal } from '../search/filter.js';
import { printField } from '../search/print-filter.js';

/** What a metric is compared with. No metric is a text, however that reads: such a comparison would hold of nothing. */
export const numbersOf =
  (field: Field) =>
  (value: Literal): readonly [number] =>
    typeof value === 'number'
      ? [value]
      : refuse(`${printField(field)} is compared with numbers, without quotes, got ${JSON.stringify(value)}`);

/** What a time is compared with, as UTC milliseconds. */
export const timesOf =
  (field: Field) =>
  (value: Literal): readonly [number] => {
    const ms = typeof value === 'string' ? parseDate(value) : Number(value);
    if (typeof value !== 'boolean' && !Number.isNaN(ms)) return [ms];
    return refuse(
      `${printField(field)} takes UTC milliseconds or a date that exists such as '2026-01-31T12:00:00Z', got ${JSON.stringify(value)}`,
    );
  };
