import type { CategoricalColumn, NumericColumn, Row, Table } from '../data/table.js';
import type { JsonObject } from '../util/json.js';
import type { FeatureSpec } from './contract.js';
import type { ModelJson } from './model-json.js';
import { CategoryPositions } from './category-positions.js';
import { asNumber, clamp, numbersOf, refuseDate } from './read-cells.js';

/** How one feature becomes numbers. */
export type FeatureEncoding =
  | {
      readonly name: string;
      readonly type: 'numeric';
      /** What a missing value counts as: the median in training, 0 if there was none. */
      readonly median: number;
      /** Whether a second number says if the value was missing: only when that happened in training. */
      readonly hasIndicator: boolean;
    }
  | {
      readonly name: string;
      readonly type: 'categorical';
      /** Categories seen in training by rising mean of the target; each counts as its position. */
      readonly categories: readonly string[];
      /** What missing values and categories never seen count as: the position of the overall mean. */
      readonly otherwise: number;
    };

/** A category's mean is pulled towards the overall mean as if by so many more rows. */
const smoothingRows = 10;

/**
 * Turns records into numbers that a tree can split. Learned from training data alone: missing numbers become the median
 * and are flagged, categories become ranks by their smoothed mean target (Micci-Barreca 2001, SIGKDD Explorations 3(1)).
 */
export class FeatureEncoder {
  /** Numbers a record becomes. */
  readonly width: number;
  readonly features: readonly FeatureSpec[];
  readonly #positions: readonly (CategoryPositions | undefined)[];

  constructor(readonly encodings: readonly FeatureEncoding[]) {
    this.width = encodings.reduce((sum, encoding) => sum + widthOf(encoding), 0);
    this.features = encodings.map(({ name, type }) => ({ name, type }));
    this.#positions = encodings.map((encoding) =>
      encoding.type === 'categorical'
        ? new CategoryPositions(encoding.name, encoding.categories, encoding.otherwise)
        : undefined,
    );
  }

  /**
   * @param target one number a row, none missing
   * @throws MLOpsError `INVALID_INPUT` for columns that are not there or hold dates
   */
  static fit(table: Table, featureColumns: readonly string[], target: Float64Array): FeatureEncoder {
    return new FeatureEncoder(
      featureColumns.map((name) => {
        const column = table.column(name);
        switch (column.kind) {
          case 'numeric':
            return fitNumbers(column);
          case 'categorical':
            return fitCategories(column, target);
          case 'date':
            return refuseDate(name);
        }
      }),
    );
  }

  static fromJson(json: ModelJson): FeatureEncoder {
    return new FeatureEncoder(
      json.objects('features').map((feature): FeatureEncoding => {
        const name = feature.string('name');
        if (feature.oneOf('type', ['numeric', 'categorical'] as const) === 'numeric') {
          const hasIndicator = feature.boolean('hasIndicator');
          return { name, type: 'numeric', median: feature.number('median'), hasIndicator };
        }
        const categories = feature.strings('categories');
        return { name, type: 'categorical', categories, otherwise: feature.number('otherwise') };
      }),
    );
  }

  toJSON(): JsonObject {
    return { features: this.encodings.map((encoding) => ({ ...encoding })) };
  }

  /** The feature that each of the {@link width} numbers comes from, by its position. */
  featureOfColumns(): Int32Array {
    return Int32Array.from(this.encodings.flatMap((encoding, i) => new Array<number>(widthOf(encoding)).fill(i)));
  }

  /** Writes the numbers of one record into `out`, of length {@link width}. */
  encodeRow(row: Row, out: Float64Array): void {
    let at = 0;
    for (let i = 0; i < this.encodings.length; i++) {
      const encoding = this.encodings[i]!;
      const cell = Object.hasOwn(row, encoding.name) ? row[encoding.name] : undefined;
      if (encoding.type === 'numeric') {
        const value = asNumber(cell);
        const isMissing = Number.isNaN(value);
        out[at++] = clamp(isMissing ? encoding.median : value);
        if (encoding.hasIndicator) out[at++] = isMissing ? 1 : 0;
      } else {
        out[at++] = this.#positions[i]!.ofCell(cell);
      }
    }
  }

  /** The numbers of all rows, one array for each of the {@link width} columns. */
  encodeTable(table: Table): Float64Array[] {
    return this.encodings.flatMap((encoding, i): Float64Array[] => {
      const column = table.columns.get(encoding.name);
      if (encoding.type === 'numeric') return encodeNumbers(numbersOf(column, table.rowCount), encoding);
      return [this.#positions[i]!.ofColumn(column, table.rowCount)];
    });
  }
}

const widthOf = (encoding: FeatureEncoding): number => (encoding.type === 'numeric' && encoding.hasIndicator ? 2 : 1);

function fitNumbers(column: NumericColumn): FeatureEncoding {
  const sorted = column.values.filter((value) => !Number.isNaN(value)).sort();
  const middle = sorted.length >> 1;
  const [low = 0, high = 0] =
    sorted.length % 2 === 1 ? [sorted[middle], sorted[middle]] : sorted.slice(middle - 1, middle + 1);
  const median = clamp(low) / 2 + clamp(high) / 2;
  return { name: column.name, type: 'numeric', median, hasIndicator: column.missingCount > 0 && sorted.length > 0 };
}

function fitCategories(column: CategoricalColumn, target: Float64Array): FeatureEncoding {
  const sums = new Float64Array(column.categories.length);
  const counts = new Float64Array(column.categories.length);
  let total = 0;
  for (let row = 0; row < target.length; row++) {
    const value = target[row]!;
    total += value;
    const code = column.codes[row]!;
    if (code < 0) continue;
    sums[code]! += value;
    counts[code]! += 1;
  }
  const overall = total / target.length;
  const ranked = column.categories
    .map((name, code) => ({ name, mean: (sums[code]! + smoothingRows * overall) / (counts[code]! + smoothingRows) }))
    .sort((a, b) => a.mean - b.mean || (a.name < b.name ? -1 : 1));
  const below = ranked.filter(({ mean }) => mean < overall).length;
  return { name: column.name, type: 'categorical', categories: ranked.map(({ name }) => name), otherwise: below - 0.5 };
}

function encodeNumbers(values: Float64Array, encoding: FeatureEncoding & { type: 'numeric' }): Float64Array[] {
  const filled = values.map((value) => clamp(Number.isNaN(value) ? encoding.median : value));
  return encoding.hasIndicator ? [filled, values.map((value) => (Number.isNaN(value) ? 1 : 0))] : [filled];
}
