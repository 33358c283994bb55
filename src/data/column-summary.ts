import { DyadicHistogram } from '../stats/dyadic-histogram.js';
import { type Column, type ColumnOrigin, columnLength } from './column.js';
import { type ColumnShape, countsOf, shapeOfCounts } from './column-shape.js';
import { TextCounts } from './text-counts.js';

/** Values counted in one step. */
const stepLength = 1 << 13;

/** Everything a summary knows; what {@link ColumnSummary.of} takes. */
export interface SummaryState {
  /** Rows that have a value. */
  present: number;
  numbers: DyadicHistogram;
  texts: TextCounts;
  hasNumbers: boolean;
  hasDates: boolean;
  /** Least and greatest number, infinities included; Infinity and −Infinity without numbers. */
  lowest: number;
  highest: number;
  origin: ColumnOrigin;
}

/**
 * Counts of a column that is read in parts and never held: bounded memory, and the same however it was divided, so that
 * summaries of parts merge exactly.
 */
export class ColumnSummary {
  readonly #state: SummaryState = {
    present: 0,
    numbers: new DyadicHistogram(),
    texts: new TextCounts(),
    hasNumbers: false,
    hasDates: false,
    lowest: Infinity,
    highest: -Infinity,
    origin: {},
  };

  static of(state: SummaryState): ColumnSummary {
    const summary = new ColumnSummary();
    Object.assign(summary.#state, state);
    return summary;
  }

  get state(): Readonly<SummaryState> {
    return this.#state;
  }

  get numbers(): DyadicHistogram {
    return this.#state.numbers;
  }

  /** Rows of which `missing` have no value. */
  counts(rows: number): { readonly rows: number; readonly missing: number } {
    return { rows, missing: rows - this.#state.present };
  }

  /** A column of numbers and texts is one of texts. */
  get kind(): 'numeric' | 'date' | 'categorical' | 'empty' {
    const { present, texts, hasDates, hasNumbers } = this.#state;
    if (present === 0) return 'empty';
    if (!texts.isEmpty) return 'categorical';
    return hasDates && !hasNumbers ? 'date' : 'numeric';
  }

  /** Least and greatest number, infinities included. */
  get range(): { readonly lowest: number; readonly highest: number } {
    return this.#state;
  }

  /** Counts a part of the column. In steps; yields the share done. */
  *addSteps(column: Column): Generator<number, void> {
    const state = this.#state;
    const length = columnLength(column);
    const present = length - column.missingCount;
    state.present += present;
    this.#addOrigin(column.origin);
    if (column.kind === 'categorical') {
      const counts = countsOf(column);
      for (let code = 0; code < counts.length; code++) {
        state.texts.add(column.categories[code]!, counts[code]!);
        if (code % stepLength === 0) yield code / counts.length;
      }
      return;
    }
    if (column.kind === 'date') state.hasDates ||= present > 0;
    else state.hasNumbers ||= present > 0;
    for (let start = 0; start < length; start += stepLength) {
      const part = column.values.subarray(start, start + stepLength);
      this.#widen(part);
      state.numbers.add(part);
      yield start / length;
    }
  }

  /** Adds what another summary has counted. */
  merge(other: ColumnSummary): void {
    const [state, more] = [this.#state, other.#state];
    state.present += more.present;
    state.numbers.merge(more.numbers);
    state.texts.merge(more.texts);
    state.hasNumbers ||= more.hasNumbers;
    state.hasDates ||= more.hasDates;
    state.lowest = Math.min(state.lowest, more.lowest);
    state.highest = Math.max(state.highest, more.highest);
    this.#addOrigin(more.origin);
  }

  /**
   * Counts by category, numbers by their spelling. Undefined when texts stand among more numbers than are counted one by
   * one.
   *
   * @param isGrouped whether texts are to be put together by hash; they are, where they were counted that way
   */
  categories(isGrouped = false): ReadonlyMap<string, number> | undefined {
    const { numbers, hasNumbers, hasDates, texts } = this.#state;
    if ((hasNumbers || hasDates) && numbers.dropped > 0) return undefined;
    const all = new TextCounts();
    all.merge(texts);
    for (const [bin, count] of numbers.bins()) all.add(String(bin), count);
    return new Map((isGrouped ? all.grouped() : all).entries());
  }

  /** Whether texts were too many to be counted one by one. */
  get isGrouped(): boolean {
    return this.#state.texts.isGrouped;
  }

  /** What is peculiar about the column. */
  shape(): ColumnShape {
    const { present, texts, origin, lowest, highest } = this.#state;
    if (this.kind === 'empty') return origin;
    if (this.kind !== 'categorical') {
      const value = this.kind === 'date' ? new Date(lowest).toISOString() : String(lowest);
      return { ...origin, ...(lowest === highest && { constant: value }) };
    }
    const numbers = this.numbers.bins().reduce((sum, [, count]) => sum + count, 0);
    const entries = texts.isGrouped ? [] : texts.entries();
    const ofTexts = shapeOfCounts(
      entries.map(([text]) => text),
      entries.map(([, count]) => count),
    );
    const { numbers: spelled = 0, texts: words = present - numbers } = ofTexts.mixed ?? {};
    return { ...origin, ...(numbers > 0 ? { mixed: { numbers: numbers + spelled, texts: words } } : ofTexts) };
  }

  /** What identifies the counts. */
  describe(): string {
    const { present, numbers, texts } = this.#state;
    const counted = texts.entries().sort(([a], [b]) => (a < b ? -1 : 1));
    const bins = numbers.bins().map(([bin, count]) => [String(bin), count]);
    return JSON.stringify([present, numbers.dropped, bins, texts.isGrouped, counted]);
  }

  #addOrigin({ storedAsText, unreadable }: ColumnOrigin = {}): void {
    const state = this.#state;
    if (storedAsText !== undefined) state.origin = { ...state.origin, storedAsText };
    if (unreadable !== undefined) {
      state.origin = { ...state.origin, unreadable: (state.origin.unreadable ?? 0) + unreadable };
    }
  }

  #widen(values: Float64Array): void {
    const state = this.#state;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value < state.lowest) state.lowest = value;
      if (value > state.highest) state.highest = value;
    }
  }
}
