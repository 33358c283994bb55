import { type Random, shuffle } from '../util/random.js';
import { rowsByClass } from './split.js';

/** Rows to learn from and rows to test on, by their numbers. */
export interface Fold {
  readonly train: readonly number[];
  readonly test: readonly number[];
}

/**
 * Folds that never test on the past: the rows in order of time are cut into `count` + 1 blocks of nearly equal size, and
 * each block but the first is tested by what was learned from all before it (forward chaining). Rows of one time stamp
 * stay together, so there may be fewer folds than asked for; none when there is one time stamp only.
 */
export function forwardFolds(times: Float64Array, count: number): readonly Fold[] {
  const order = Array.from(times, (_, row) => row).sort((a, b) => times[a]! - times[b]! || a - b);
  const cuts = new Set<number>();
  for (let block = 1; block <= count; block++) {
    let cut = Math.round((block * order.length) / (count + 1));
    while (cut > 0 && cut < order.length && times[order[cut]!] === times[order[cut - 1]!]) cut++;
    if (cut > 0 && cut < order.length) cuts.add(cut);
  }
  const bounds = [...cuts, order.length];
  return bounds.slice(0, -1).map((cut, i) => ({ train: order.slice(0, cut), test: order.slice(cut, bounds[i + 1]) }));
}

/**
 * `count` folds of nearly equal size, at random; each class is spread evenly over them. Every row is tested once.
 *
 * @param classes the class of each row; the same for all when there are none
 */
export function randomFolds(classes: ArrayLike<number>, count: number, random: Random): readonly Fold[] {
  const parts = Array.from({ length: count }, (): number[] => []);
  let next = 0;
  for (const [label, rows] of rowsByClass(classes)) {
    shuffle(rows, random.split(`class/${label}`));
    for (const row of rows) parts[next++ % count]!.push(row);
  }
  return parts
    .filter((test) => test.length > 0)
    .map((test) => {
      const held = new Set(test);
      const train = Array.from({ length: classes.length }, (_, row) => row).filter((row) => !held.has(row));
      return { train, test: test.sort((a, b) => a - b) };
    });
}
