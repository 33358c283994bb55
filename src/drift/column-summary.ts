import type { Column } from '../data/column.js';
import { columnLength } from '../data/column.js';
import { DyadicHistogram } from '../stats/dyadic-histogram.js';

/** Most distinct texts counted; a column of more is an identifier. */
const mostCategories = 10_000;

/** Counts of a column that is read in parts and never held: bounded memory, and the same however it was divided. */
export class ColumnSummary {
  #rows = 0;
  #present = 0;
  readonly numbers = new DyadicHistogram();
  #hasNumbers = false;
  readonly #texts = new Map<string, number>();
  #hasTooManyTexts = false;

  /** Rows of which `missing` have no value. */
  counts(rows: number): { readonly rows: number; readonly missing: number } {
    return { rows, missing: rows - this.#present };
  }

  /** A column of numbers and texts is one of texts. */
  get kind(): 'numeric' | 'categorical' | 'empty' {
    if (this.#present === 0) return 'empty';
    return this.#texts.size === 0 ? 'numeric' : 'categorical';
  }

  add(column: Column): void {
    this.#rows += columnLength(column);
    this.#present += columnLength(column) - column.missingCount;
    if (column.kind !== 'categorical') {
      this.#hasNumbers ||= columnLength(column) > column.missingCount;
      this.numbers.add(column.values);
      return;
    }
    const counts = new Float64Array(column.categories.length);
    for (const code of column.codes) if (code >= 0) counts[code]!++;
    column.categories.forEach((text, code) => this.#count(text, counts[code]!));
  }

  /** Counts by category, numbers by their spelling; undefined when there were too many to count. */
  categories(): ReadonlyMap<string, number> | undefined {
    if (this.#hasTooManyTexts || (this.#hasNumbers && this.numbers.dropped > 0)) return undefined;
    const counts = new Map(this.#texts);
    for (const [bin, count] of this.numbers.bins()) counts.set(String(bin), (counts.get(String(bin)) ?? 0) + count);
    return counts;
  }

  /** What identifies the counts. */
  describe(): string {
    const texts = [...this.#texts].sort(([a], [b]) => (a < b ? -1 : 1));
    const numbers = this.numbers.bins().map(([bin, count]) => [String(bin), count]);
    return JSON.stringify([this.#rows, this.#present, this.numbers.dropped, numbers, this.#hasTooManyTexts, texts]);
  }

  #count(text: string, count: number): void {
    if (this.#texts.has(text) || this.#texts.size < mostCategories) {
      this.#texts.set(text, (this.#texts.get(text) ?? 0) + count);
    } else {
      this.#hasTooManyTexts = true;
    }
  }
}
