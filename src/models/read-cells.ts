import { isMissingText, parseNumber, parsePercent } from '../data/cell.js';
import type { Column } from '../data/table.js';
import { refuse } from '../util/check.js';

/** Beyond this infinities begin: midpoints of larger numbers overflow. */
const largest = 1e300;

/** A number within a size that midpoints can be taken at; NaN stays NaN. */
export const clamp = (value: number): number => Math.max(-largest, Math.min(largest, value));

/** A column's cells as numbers; texts in it count when they spell one. */
export function numbersOf(column: Column | undefined, rowCount: number): Float64Array {
  if (column?.kind === 'numeric') return column.values;
  if (column?.kind !== 'categorical') return new Float64Array(rowCount).fill(NaN);
  const parsed = column.categories.map(asNumber);
  return Float64Array.from(column.codes, (code) => parsed[code] ?? NaN);
}

/** A column's cells as the texts they would be as categories; empty where missing. */
export function textsOf(column: Column | undefined, rowCount: number): readonly string[] {
  if (column === undefined) return new Array<string>(rowCount).fill('');
  if (column.kind === 'categorical') {
    const known = column.categories.map(asCategory);
    return Array.from(column.codes, (code) => known[code] ?? '');
  }
  const toCell = (value: number): unknown => (column.kind === 'date' && !Number.isNaN(value) ? new Date(value) : value);
  return Array.from(column.values, (value) => asCategory(toCell(value)));
}

/** A cell as a number, NaN when it is none. */
export function asNumber(cell: unknown): number {
  if (typeof cell === 'number') return cell;
  if (typeof cell === 'bigint') return Number(cell);
  if (typeof cell !== 'string') return NaN;
  const value = parseNumber(cell);
  return Number.isNaN(value) ? parsePercent(cell) : value;
}

/** A cell as the category it would be in a table; empty when missing, and no category is ever called that. */
export function asCategory(cell: unknown): string {
  if (typeof cell === 'string') return isMissingText(cell) ? '' : cell;
  if (typeof cell === 'number') return Number.isNaN(cell) ? '' : String(cell);
  if (typeof cell === 'boolean' || typeof cell === 'bigint') return String(cell);
  return cell instanceof Date && !Number.isNaN(cell.getTime()) ? cell.toISOString() : '';
}

export function refuseDate(name: string): never {
  refuse(
    `feature ${JSON.stringify(name)} is a date: a model would only learn the past by heart; ` +
      'derive a number from it, such as years to maturity, or leave it out',
  );
}
