import { parseNumber } from './cell.js';
import type { CategoricalColumn, Column, ColumnOrigin } from './column.js';

/** What is peculiar about a column by itself. Plain JSON. */
export interface ColumnShape extends ColumnOrigin {
  /** The only value there is, as text. */
  readonly constant?: string;
  /** Values that are numbers among others that are none. */
  readonly mixed?: { readonly numbers: number; readonly texts: number };
}

/** What is peculiar about a column; takes one look at each value at most. */
export function shapeOf(column: Column): ColumnShape {
  if (column.kind === 'categorical') {
    return { ...column.origin, ...shapeOfCounts(column.categories, countsOf(column)) };
  }
  const constant = onlyValue(column.values);
  if (constant === undefined) return { ...column.origin };
  return { ...column.origin, constant: column.kind === 'date' ? new Date(constant).toISOString() : String(constant) };
}

/** What is peculiar about texts and how often each occurs. */
export function shapeOfCounts(texts: readonly string[], counts: ArrayLike<number>): ColumnShape {
  let numbers = 0;
  let total = 0;
  texts.forEach((text, i) => {
    total += counts[i]!;
    if (!Number.isNaN(parseNumber(text))) numbers += counts[i]!;
  });
  return {
    ...(texts.length === 1 && { constant: texts[0]! }),
    ...(numbers > 0 && numbers < total && { mixed: { numbers, texts: total - numbers } }),
  };
}

/** How often each category occurs. */
export function countsOf(column: CategoricalColumn): Float64Array {
  const counts = new Float64Array(column.categories.length);
  for (const code of column.codes) if (code >= 0) counts[code]!++;
  return counts;
}

function onlyValue(values: Float64Array): number | undefined {
  let found: number | undefined;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value) || value === found) continue;
    if (found !== undefined) return undefined;
    found = value;
  }
  return found;
}
