import { DyadicHistogram } from '../stats/dyadic-histogram.js';
import { type Column, type ColumnOrigin, columnLength } from './column.js';
import { type ColumnShape, countsOf, shapeOfCounts } from './column-shape.js';

/** Most distinct texts counted; a column of more is an identifier. */
const mostCategories = 10_000;

/** Counts of a column that is read in parts and never held: bounded memory, and the same however it was divided. */
export class ColumnSummary {
  #rows = 0;
  #present = 0;
  readonly numbers = new DyadicHistogram();
  #hasNumbers = false;
  #hasDates = false;
  #lowest = Infinity;
  #highest = -Infinity;
  #origin: ColumnOrigin = {};
  readonly #texts = new Map<string, number>();
  #hasTooManyTexts = false;

  /** Rows of which `missing` have no value. */
  counts(rows: number): { readonly rows: number; readonly missing: number } {
    return { rows, missing: rows - this.#present };
  }

  /** A column of numbers and texts is one of texts. */
  get kind(): 'numeric' | 'date' | 'categorical' | 'empty' {
    if (this.#present === 0) return 'empty';
    if (this.#texts.size > 0) return 'categorical';
    return this.#hasDates && !this.#hasNumbers ? 'date' : 'numeric';
  }

  /** Least and greatest number, infinities included. */
  get range(): { readonly lowest: number; readonly highest: number } {
    return { lowest: this.#lowest, highest: this.#highest };
  }

  add(column: Column): void {
    const present = columnLength(column) - column.missingCount;
    this.#rows += columnLength(column);
    this.#present += present;
    this.#addOrigin(column.origin);
    if (column.kind !== 'categorical') {
      if (column.kind === 'date') this.#hasDates ||= present > 0;
      else this.#hasNumbers ||= present > 0;
      this.#widen(column.values);
      this.numbers.add(column.values);
      return;
    }
    const counts = countsOf(column);
    column.categories.forEach((text, code) => this.#count(text, counts[code]!));
  }

  /** Counts by category, numbers by their spelling; undefined when there were too many to count. */
  categories(): ReadonlyMap<string, number> | undefined {
    if (this.#hasTooManyTexts || (this.#hasAnyNumber && this.numbers.dropped > 0)) return undefined;
    const counts = new Map(this.#texts);
    for (const [bin, count] of this.numbers.bins()) counts.set(String(bin), (counts.get(String(bin)) ?? 0) + count);
    return counts;
  }

  /** What is peculiar about the column. */
  shape(): ColumnShape {
    if (this.kind === 'empty') return this.#origin;
    if (this.kind !== 'categorical') {
      const isConstant = this.#lowest === this.#highest;
      const value = this.kind === 'date' ? new Date(this.#lowest).toISOString() : String(this.#lowest);
      return { ...this.#origin, ...(isConstant && { constant: value }) };
    }
    const numbers = this.numbers.bins().reduce((sum, [, count]) => sum + count, 0);
    const texts = shapeOfCounts([...this.#texts.keys()], [...this.#texts.values()]);
    const { numbers: spelled = 0, texts: words = this.#present - numbers } = texts.mixed ?? {};
    const mixed = { numbers: numbers + spelled, texts: words };
    return { ...this.#origin, ...(numbers > 0 ? { mixed } : texts) };
  }

  /** What identifies the counts. */
  describe(): string {
    const texts = [...this.#texts].sort(([a], [b]) => (a < b ? -1 : 1));
    const numbers = this.numbers.bins().map(([bin, count]) => [String(bin), count]);
    return JSON.stringify([this.#rows, this.#present, this.numbers.dropped, numbers, this.#hasTooManyTexts, texts]);
  }

  get #hasAnyNumber(): boolean {
    return this.#hasNumbers || this.#hasDates;
  }

  #addOrigin({ storedAsText, unreadable }: ColumnOrigin = {}): void {
    if (storedAsText !== undefined) this.#origin = { ...this.#origin, storedAsText };
    if (unreadable !== undefined) {
      this.#origin = { ...this.#origin, unreadable: (this.#origin.unreadable ?? 0) + unreadable };
    }
  }

  #widen(values: Float64Array): void {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value < this.#lowest) this.#lowest = value;
      if (value > this.#highest) this.#highest = value;
    }
  }

  #count(text: string, count: number): void {
    if (this.#texts.has(text) || this.#texts.size < mostCategories) {
      this.#texts.set(text, (this.#texts.get(text) ?? 0) + count);
    } else {
      this.#hasTooManyTexts = true;
    }
  }
}
