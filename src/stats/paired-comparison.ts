import type { Random } from '../util/random.js';
import { randomInt } from '../util/random.js';

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
 * Percentile bootstrap of the mean paired difference of losses (Efron & Tibshirani 1993, ch. 13), seeded. Rows of one
 * cluster, such as one date, are drawn together, since their errors go together.
 *
 * Yields the share done; run it with `inSteps` or `atOnce`.
 *
 * @param clusters number of the cluster of each row, from 0; each row by itself unless given
 */
export function* comparePaired(
  challengerLoss: Float64Array,
  championLoss: Float64Array,
  options: { readonly confidence: number; readonly random: Random; readonly clusters?: Int32Array },
): Generator<number, PairedComparison> {
  const rows = challengerLoss.length;
  const { sums, counts } = clusterSums(challengerLoss, championLoss, options.clusters);
  const total = sums.reduce((sum, value) => sum + value, 0);
  const means = new Float64Array(resamples);
  for (let b = 0; b < resamples; b++) {
    let sum = 0;
    let count = 0;
    for (let i = 0; i < sums.length; i++) {
      const drawn = randomInt(options.random, sums.length);
      sum += sums[drawn]!;
      count += counts[drawn]!;
    }
    means[b] = sum / count;
    yield b / resamples;
  }
  means.sort();
  const tail = (1 - options.confidence) / 2;
  return {
    difference: total / rows,
    lower: means[Math.floor(tail * (resamples - 1))]!,
    upper: means[Math.ceil((1 - tail) * (resamples - 1))]!,
    rows,
  };
}

function clusterSums(
  challenger: Float64Array,
  champion: Float64Array,
  clusters: Int32Array | undefined,
): { sums: Float64Array; counts: Float64Array } {
  if (clusters === undefined) {
    return {
      sums: challenger.map((loss, i) => loss - champion[i]!),
      counts: new Float64Array(challenger.length).fill(1),
    };
  }
  const size = clusters.reduce((largest, cluster) => Math.max(largest, cluster), -1) + 1;
  const sums = new Float64Array(size);
  const counts = new Float64Array(size);
  clusters.forEach((cluster, i) => {
    sums[cluster]! += challenger[i]! - champion[i]!;
    counts[cluster]!++;
  });
  return { sums, counts };
}
