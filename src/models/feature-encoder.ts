import type { Row, Table } from '../data/table.js';
import { columnFromCells } from '../data/infer-column.js';
import type { FeatureSpec } from './model.js';

/** How one feature becomes a number that a tree can split on. */
export type FeatureEncoding =
  | {
      readonly name: string;
      readonly type: 'numeric';
      /** Stands in for missing values: the median in training. */
      readonly fill: number;
    }
  | {
      readonly name: string;
      readonly type: 'categorical';
      /** Categories by rising mean of the target in training; a category's number is its position. */
      readonly order: readonly string[];
      /** Stands in for missing values and categories never seen: the position of an average category. */
      readonly fill: number;
    };

/** Weight, in rows, of the overall mean in a category's mean: rare categories are not taken at their word. */
const smoothing = 10;

/** Learns the encodings from training data alone. */
export function fitEncodings(
  table: Table,
  featureColumns: readonly string[],
  target: Float64Array,
): readonly FeatureEncoding[] {
  return featureColumns.map((name): FeatureEncoding => {
    const column = table.column(name);
    if (column.kind !== 'categorical') {
      return { name, type: 'numeric', fill: median(column.values.filter((value) => !Number.isNaN(value))) };
    }
    return { name, type: 'categorical', ...orderByTarget(column.codes, column.categories, target) };
  });
}

function orderByTarget(
  codes: Int32Array,
  categories: readonly string[],
  target: Float64Array,
): { order: readonly string[]; fill: number } {
  const overall = target.reduce((sum, value) => sum + value, 0) / target.length;
  const sums = new Float64Array(categories.length);
  const counts = new Float64Array(categories.length);
  codes.forEach((code, row) => {
    if (code < 0) return;
    sums[code]! += target[row]!;
    counts[code]!++;
  });
  const ranked = categories
    .map((category, code) => ({
      category,
      mean: (sums[code]! + smoothing * overall) / (counts[code]! + smoothing),
      rows: counts[code]!,
    }))
    .filter(({ rows }) => rows > 0)
    .sort((a, b) => a.mean - b.mean || (a.category < b.category ? -1 : 1));
  const below = ranked.filter(({ mean }) => mean < overall).length;
  return { order: ranked.map(({ category }) => category), fill: below - 0.5 };
}

function median(values: Float64Array): number {
  if (values.length === 0) return 0;
  values.sort();
  const middle = values.length >> 1;
  return values.length % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2;
}

/** Turns rows and tables into numbers, the same way in training and in serving. */
export class FeatureEncoder {
  readonly features: readonly FeatureSpec[];
  readonly #positions: readonly (ReadonlyMap<string, number> | undefined)[];

  constructor(readonly encodings: readonly FeatureEncoding[]) {
    this.features = encodings.map(({ name, type }) => ({ name, type }));
    this.#positions = encodings.map((encoding) =>
      encoding.type === 'categorical' ? new Map(encoding.order.map((category, i) => [category, i])) : undefined,
    );
  }

  encodeRow(row: Row): Float64Array {
    const encoded = new Float64Array(this.encodings.length);
    for (let i = 0; i < encoded.length; i++) encoded[i] = this.#encodeCell(i, row[this.encodings[i]!.name]);
    return encoded;
  }

  /** One array a feature. A column that is not there is missing throughout. */
  encodeTable(table: Table): readonly Float64Array[] {
    return this.encodings.map((encoding, i) => {
      const column = table.columns.get(encoding.name);
      if (column === undefined) return new Float64Array(table.rowCount).fill(encoding.fill);
      if (column.kind !== 'categorical') {
        return column.values.map((value) =>
          encoding.type === 'numeric' ? (Number.isNaN(value) ? encoding.fill : value) : this.#encodeCell(i, value),
        );
      }
      const byCode = column.categories.map((category) => this.#encodeCell(i, category));
      return Float64Array.from(column.codes, (code) => (code < 0 ? encoding.fill : byCode[code]!));
    });
  }

  #encodeCell(feature: number, cell: unknown): number {
    const encoding = this.encodings[feature]!;
    if (encoding.type === 'categorical') {
      return this.#positions[feature]!.get(String(cell).trim()) ?? encoding.fill;
    }
    if (typeof cell === 'number') return Number.isNaN(cell) ? encoding.fill : cell;
    // Text, dates and missing cells are read as they are in a table.
    const column = columnFromCells(encoding.name, 1, () => cell, []);
    const value = column.kind === 'categorical' ? NaN : column.values[0]!;
    return Number.isNaN(value) ? encoding.fill : value;
  }
}
