import {
  additionsBetweenCarries,
  addExact,
  carryLimbs,
  emptySum,
  encodeSum,
  limbCount,
} from '../../stats/exact-accumulator.js';
import type { CellTable } from './deployment-statistics.js';
import { groupOf } from './key-groups.js';

/** Columns of a cell, in the order of the constants below. */
const countNames = [
  'requests',
  'errors',
  'slow',
  'labels',
  'misses',
  'truePositives',
  'falsePositives',
  'falseNegatives',
] as const;
type CountName = (typeof countNames)[number];

const requests = 0;
const errors = 1;
const slow = 2;
const labels = 3;
const misses = 4;
const truePositives = 5;
const falsePositives = 6;
const falseNegatives = 7;
const width = countNames.length;

/** Counts and exact sums by key group, collected without allocating. */
export class CellCollector {
  readonly #counts: Float64Array;
  /** Σ|e| and Σe² of each group; regression only. */
  readonly #sums: Float64Array | undefined;
  #additions = 0;

  constructor(
    private readonly groups: number,
    task: 'regression' | 'classification',
  ) {
    this.#counts = new Float64Array(groups * width);
    if (task === 'regression') this.#sums = new Float64Array(groups * 2 * limbCount);
  }

  addRequest(mixed: number, isError: boolean, isSlow: boolean): void {
    const cell = groupOf(mixed, this.groups) * width;
    this.#counts[cell + requests]!++;
    if (isError) this.#counts[cell + errors]!++;
    if (isSlow) this.#counts[cell + slow]!++;
  }

  /** A request counted before turns out to have failed. */
  addLateError(mixed: number): void {
    this.#counts[groupOf(mixed, this.groups) * width + errors]!++;
  }

  addLoss(mixed: number, loss: number, isMiss: boolean): void {
    const group = groupOf(mixed, this.groups);
    this.#counts[group * width + labels]!++;
    if (isMiss) this.#counts[group * width + misses]!++;
    const sums = this.#sums!;
    addExact(sums, group * 2 * limbCount, loss);
    addExact(sums, (group * 2 + 1) * limbCount, loss * loss);
    if (++this.#additions === additionsBetweenCarries) this.#carry();
  }

  addClass(mixed: number, predicted: boolean, actual: boolean): void {
    const cell = groupOf(mixed, this.groups) * width;
    this.#counts[cell + labels]!++;
    if (predicted) this.#counts[cell + (actual ? truePositives : falsePositives)]!++;
    else if (actual) this.#counts[cell + falseNegatives]!++;
  }

  /** What came since the last time. */
  take(): CellTable {
    const columns = Object.fromEntries(countNames.map((name) => [name, [] as number[]])) as Record<CountName, number[]>;
    const group: number[] = [];
    const absolute: string[] = [];
    const squared: string[] = [];
    for (let g = 0; g < this.groups; g++) {
      const cell = this.#counts.subarray(g * width, (g + 1) * width);
      if (cell.every((count) => count === 0)) continue;
      group.push(g);
      countNames.forEach((name, i) => columns[name].push(cell[i]!));
      const sums = this.#sums;
      absolute.push(sums === undefined ? emptySum : encodeSum(sums, g * 2 * limbCount));
      squared.push(sums === undefined ? emptySum : encodeSum(sums, (g * 2 + 1) * limbCount));
    }
    this.#counts.fill(0);
    this.#sums?.fill(0);
    this.#additions = 0;
    return { group, ...columns, absolute, squared };
  }

  #carry(): void {
    for (let i = 0; i < this.#sums!.length; i += limbCount) carryLimbs(this.#sums!, i);
    this.#additions = 0;
  }
}
