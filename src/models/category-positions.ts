import { areBooleans, booleanText } from '../data/boolean-text.js';
import { parseDate } from '../data/cell.js';
import type { Column } from '../data/table.js';
import { refuse } from '../util/check.js';
import { asCategory, asNumber } from './read-cells.js';

/** Stands for the position where several categories spell the same number or date. */
const ambiguous = -1;

/**
 * Where a feature's categories are, by their texts. A table whose cells of that column all happen to be numbers or dates has
 * not kept how they were written: there `010` is found by the number that it spells.
 */
export class CategoryPositions {
  readonly #byText: ReadonlyMap<string, number>;
  /** Positions of `false` and `true` where there are no other categories, however they are written. */
  readonly #booleans: ReadonlyMap<string | undefined, number>;
  readonly #spelled: Partial<Record<'numeric' | 'date', ReadonlyMap<number, number>>> = {};

  /** @param otherwise the position of what is missing and of what is no category */
  constructor(
    private readonly name: string,
    private readonly categories: readonly string[],
    private readonly otherwise: number,
  ) {
    this.#byText = new Map(categories.map((category, position) => [category, position]));
    const booleans = areBooleans(categories) ? categories : [];
    this.#booleans = new Map(booleans.map((category, position) => [booleanText(category)!, position]));
  }

  ofCell(cell: unknown): number {
    const text = asCategory(cell);
    const position = this.#byText.get(text) ?? this.#booleans.get(booleanText(text));
    if (position !== undefined) return position;
    const spelled = typeof cell === 'number' ? this.#spelledAs('numeric').get(cell) : undefined;
    return spelled === undefined || spelled === ambiguous ? this.otherwise : spelled;
  }

  /** @throws MLOpsError `INVALID_INPUT` where a number or date is one of several categories, and nobody can tell which */
  ofColumn(column: Column | undefined, rowCount: number): Float64Array {
    if (column === undefined) return new Float64Array(rowCount).fill(this.otherwise);
    if (column.kind === 'categorical') {
      const known = column.categories.map((category) => this.ofCell(category));
      return Float64Array.from(column.codes, (code) => known[code] ?? this.otherwise);
    }
    const positions = this.#spelledAs(column.kind);
    return column.values.map((value) => {
      const position = positions.get(value) ?? this.otherwise;
      return position === ambiguous ? this.#refuse(value, column.kind) : position;
    });
  }

  #spelledAs(kind: 'numeric' | 'date'): ReadonlyMap<number, number> {
    return (this.#spelled[kind] ??= this.#index(kind === 'numeric' ? asNumber : parseDate));
  }

  #index(parse: (text: string) => number): ReadonlyMap<number, number> {
    const positions = new Map<number, number>();
    for (const [position, category] of this.categories.entries()) {
      const value = parse(category);
      if (!Number.isNaN(value)) positions.set(value, positions.has(value) ? ambiguous : position);
    }
    return positions;
  }

  #refuse(value: number, kind: 'numeric' | 'date'): never {
    const shown = kind === 'date' ? new Date(value).toISOString() : value;
    const type = `${JSON.stringify(this.name)}: 'categorical'`;
    return refuse(
      `feature ${JSON.stringify(this.name)} was read as ${kind}, and ${shown} may be one of several categories of the model; ` +
        `read it as texts: toTable(rows, { types: { ${type} } })`,
    );
  }
}
