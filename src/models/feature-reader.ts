import type { Column, Row, Table } from '../data/table.js';
import { refuse } from '../util/check.js';
import type { JsonObject } from '../util/json.js';
import type { FeatureSpec } from './contract.js';
import type { TreeColumns } from './decision-tree.js';
import type { ModelJson } from './model-json.js';
import { CategoryPositions } from './category-positions.js';
import { asNumber, clamp, numbersOf, refuseDate } from './read-cells.js';
import { mostCategories } from './tree-ensemble.js';

/** How one feature is read. */
export type FeatureReading =
  | { readonly name: string; readonly type: 'numeric' }
  | {
      readonly name: string;
      readonly type: 'categorical';
      /** What is told apart; anything else is missing. */
      readonly categories: readonly string[];
      /** Whether their order means something: then they are split by thresholds, otherwise by sets. */
      readonly isOrdered: boolean;
    };

/** Most categories of a feature: with the missing ones they fit a byte. */
const mostBins = mostCategories;

/**
 * Turns records into one number a feature: numbers as they are, categories as their position, NaN for whatever is
 * missing, of the wrong type, or a category never seen in training.
 */
export class FeatureReader implements TreeColumns {
  readonly width: number;
  readonly features: readonly FeatureSpec[];
  readonly #names: readonly string[];
  /** Whether a feature is called like something that every object inherits. */
  readonly #isInherited: boolean;
  readonly #positions: readonly (CategoryPositions | undefined)[];

  constructor(readonly readings: readonly FeatureReading[]) {
    this.width = readings.length;
    this.features = readings.map(({ name, type }) => ({ name, type }));
    this.#names = readings.map(({ name }) => name);
    this.#isInherited = this.#names.some((name) => name in Object.prototype);
    this.#positions = readings.map((reading) =>
      reading.type === 'categorical' ? new CategoryPositions(reading.name, reading.categories, NaN) : undefined,
    );
  }

  /**
   * Learns the categories from training data. Of more than 255 unordered ones the most frequent are told apart.
   *
   * @param categoryOrder orders of ordinal features, lowest first; values in none of the places are missing
   * @throws MLOpsError `INVALID_INPUT` for columns that are not there or hold dates, and orders of no feature
   */
  static fit(
    table: Table,
    featureColumns: readonly string[],
    categoryOrder: Readonly<Record<string, readonly string[]>> = {},
  ): FeatureReader {
    for (const name of Object.keys(categoryOrder)) {
      if (!featureColumns.includes(name)) refuse(`category_order names ${JSON.stringify(name)}, which is no feature`);
    }
    return new FeatureReader(
      featureColumns.map((name) =>
        fitReading(table.column(name), Object.hasOwn(categoryOrder, name) ? categoryOrder[name] : undefined),
      ),
    );
  }

  static fromJson(json: ModelJson): FeatureReader {
    return new FeatureReader(
      json.objects('features').map((feature): FeatureReading => {
        const name = feature.string('name');
        const type = feature.oneOf('type', ['numeric', 'categorical'] as const);
        if (type === 'numeric') return { name, type };
        const categories = feature.strings('categories');
        if (categories.length > mostBins) throw feature.wrong('categories', `at most ${mostBins} texts`);
        return { name, type, categories, isOrdered: feature.boolean('isOrdered') };
      }),
    );
  }

  toJSON(): JsonObject {
    return { features: this.readings.map((reading) => ({ ...reading })) };
  }

  categoryCount(column: number): number {
    const reading = this.readings[column]!;
    // A feature without any category is all missing: splits by it have an empty set.
    return reading.type === 'categorical' && !reading.isOrdered ? Math.max(1, reading.categories.length) : 0;
  }

  /** Writes the numbers of one record into `out`, of length {@link width}. */
  readRow(row: Row, out: Float64Array): void {
    const names = this.#names;
    // What a plain object has under a name that objects do not inherit is its own; asking for each takes as long as reading.
    const hasOwnOnly = !this.#isInherited && Object.getPrototypeOf(row) === Object.prototype;
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!;
      const positions = this.#positions[i];
      const cell = hasOwnOnly || Object.hasOwn(row, name) ? row[name] : undefined;
      out[i] = positions === undefined ? clamp(asNumber(cell)) : positions.ofCell(cell);
    }
  }

  /** The numbers of all rows, one array a feature. */
  readTable(table: Table): Float64Array[] {
    return this.readings.map(({ name }, i) => {
      const column = table.columns.get(name);
      const positions = this.#positions[i];
      if (positions === undefined) return numbersOf(column, table.rowCount).map(clamp);
      return positions.ofColumn(column, table.rowCount);
    });
  }
}

function fitReading(column: Column, order: readonly string[] | undefined): FeatureReading {
  const { name } = column;
  if (column.kind === 'date') return refuseDate(name);
  if (order !== undefined) {
    if (order.length > mostBins) refuse(`category_order of ${JSON.stringify(name)} has more than ${mostBins} members`);
    if (new Set(order).size < order.length) refuse(`category_order of ${JSON.stringify(name)} names a category twice`);
    return { name, type: 'categorical', categories: order, isOrdered: true };
  }
  if (column.kind === 'numeric') return { name, type: 'numeric' };
  return { name, type: 'categorical', categories: mostFrequent(column.codes, column.categories), isOrdered: false };
}

/** The categories to tell apart, by name, so that the order of the rows does not matter. */
function mostFrequent(codes: Int32Array, categories: readonly string[]): readonly string[] {
  const counts = new Float64Array(categories.length);
  for (const code of codes) if (code >= 0) counts[code]!++;
  return categories
    .map((category, code) => ({ category, count: counts[code]! }))
    .sort((a, b) => b.count - a.count || (a.category < b.category ? -1 : 1))
    .slice(0, mostBins)
    .map(({ category }) => category)
    .sort();
}
