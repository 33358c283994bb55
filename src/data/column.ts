/** Numbers; NaN where missing. ±Infinity is a value. */
export interface NumericColumn {
  readonly kind: 'numeric';
  readonly name: string;
  readonly values: Float64Array;
  readonly missingCount: number;
}

/** Text from a set of categories; a cell is an index into `categories`, or −1 where missing. */
export interface CategoricalColumn {
  readonly kind: 'categorical';
  readonly name: string;
  readonly codes: Int32Array;
  /** In order of first appearance. */
  readonly categories: readonly string[];
  readonly missingCount: number;
}

/** Points in time: UTC milliseconds; NaN where missing. */
export interface DateColumn {
  readonly kind: 'date';
  readonly name: string;
  readonly values: Float64Array;
  readonly missingCount: number;
}

export type Column = NumericColumn | CategoricalColumn | DateColumn;

export function numericColumn(name: string, values: Float64Array): NumericColumn {
  let missingCount = 0;
  for (const value of values) if (Number.isNaN(value)) missingCount++;
  return { kind: 'numeric', name, values, missingCount };
}

export const cellsOf = (column: Column): Float64Array | Int32Array =>
  column.kind === 'categorical' ? column.codes : column.values;
