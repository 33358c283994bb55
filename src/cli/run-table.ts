import type { JsonValue } from '../util/json.js';

/** Columns of a table of runs unless told. */
export const usualColumns = ['run_id', 'run_name', 'experiment_name', 'status', 'start_time'] as const;

/** Names separated by commas; a name in backticks may hold some. */
export const splitColumns = (text: string): string[] =>
  [...text.matchAll(/(?:`[^`]*`|[^,`])+/g)].map(([name]) => name.trim()).filter((name) => name !== '');

/** A value as a cell: numbers with six digits, the rest as text or JSON; nothing for null. */
export function cellOf(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return numberText(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export const numberText = (value: number): string => String(Number(value.toPrecision(6)));
