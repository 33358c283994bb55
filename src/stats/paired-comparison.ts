import type { Random } from '../util/random.js';
import { randomInt } from '../util/random.js';
import { intervalOverTime } from './mean-over-time.js';

/** How a challenger compares with the champion on rows neither is judged by alone. */
export interface PairedComparison {
  /** Mean loss of the challenger minus mean loss of the champion; negative is better. */
  readonly difference: number;
  readonly lower: number;
  readonly upper: number;
  readonly rows: number;
}

const resamples = 2000;

/**
 * The mean paired difference of losses with its interval: the percentile bootstrap of the rows (Efron & Tibshirani 1993,
 * ch. 13), seeded. Rows of one time stamp have errors that go together: then the interval is Student's t over the time stamps,
 * with the degrees of freedom of independent ones of one size that would tell as much (Kish 1965; {@link intervalOverTime}), since a
 * bootstrap of a dozen is too narrow (it missed in 7% to 14% of the samples for the 5% stated).
 *
 * Yields the share done; run it with `inSteps` or `atOnce`.
 *
 * @param times number of the time stamp of each row, in their order, two of them at least; each row by itself unless given
 */
export function* comparePaired(
  challengerLoss: Float64Array,
  championLoss: Float64Array,
  options: { readonly confidence: number; readonly random: Random; readonly times?: Int32Array },
): Generator<number, PairedComparison> {
  const rows = challengerLoss.length;
  const differences = challengerLoss.map((loss, i) => loss - championLoss[i]!);
  const tail = (1 - options.confidence) / 2;
  if (options.times !== undefined) {
    const { value: difference, lower, upper } = intervalOverTime(differences, options.times, tail);
    return { difference, lower, upper, rows };
  }
  const means = new Float64Array(resamples);
  for (let b = 0; b < resamples; b++) {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += differences[randomInt(options.random, rows)]!;
    means[b] = sum / rows;
    yield b / resamples;
  }
  means.sort();
  return {
    difference: differences.reduce((sum, value) => sum + value, 0) / rows,
    lower: means[Math.floor(tail * (resamples - 1))]!,
    upper: means[Math.ceil((1 - tail) * (resamples - 1))]!,
    rows,
  };
}
