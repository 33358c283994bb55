import { equalClusters } from './effective-size.js';
import { type Estimate, meanEstimate } from './estimate.js';

/** A mean, the variance of its error, and how many independent time stamps of one size would tell as much. */
export interface MeanOverTime extends Estimate {
  readonly effective: number;
}

/**
 * The mean of values of several time stamps, which may resemble those before: its variance is that of independent ones times n/n',
 * where n' = n/(1 + 2Σr) of them tell as much (Bayley & Hammersley 1946; Zwiers & von Storch 1995, Journal of Climate 8), two at
 * least. The autocorrelations r of lags 1, 2, … are added up to the first that is not positive, as chance makes the rest (initial
 * positive sequence; Geyer 1992, Statistical Science 7), each enlarged by (1 + 3r)/n, by as much as it comes out too small (Kendall
 * 1954, Biometrika 41). An interval of 95% of a first-order autoregression misses to one side, instead of in 2.5%, at lag-one
 * correlations of 0, 0.5 and 0.8 in 1.7%, 3.7% and 8% with 30 time stamps, in 2.0%, 2.6% and 3.5% with 250; taken as independent
 * in 2.5%, 13% and 26% of either.
 *
 * @param times number of the time stamp of each value, in their order
 */
export function meanOverTime(values: Float64Array, times: Int32Array): MeanOverTime {
  const { value, variance } = meanEstimate(values, times);
  const sums = new Map<number, number>();
  values.forEach((own, i) => sums.set(times[i]!, (sums.get(times[i]!) ?? 0) + (own - value)));
  const deviations = Float64Array.from(
    [...sums].sort(([a], [b]) => a - b),
    ([, sum]) => sum,
  );
  const equal = equalClusters(times);
  const effective = Math.max(Math.min(equal, 2), equal / Math.max(1, varianceInflation(deviations)));
  return { value, variance: variance * (equal / effective), effective };
}

/** Time stamps beyond this many are taken in blocks of neighbours, which tell as much of it in far less time. */
const mostBlocks = 1000;

/** How many times the variance of a sum of these deviations from their mean is that of independent ones: 1 + 2Σr. */
function varianceInflation(deviations: Float64Array): number {
  const squares = sumOfProducts(deviations, 0);
  if (!(squares > 0)) return 1;
  const blocks = inBlocks(deviations, Math.ceil(deviations.length / mostBlocks));
  const ofBlocks = sumOfProducts(blocks, 0);
  let sum = 1;
  for (let lag = 1; lag <= blocks.length / 2; lag++) {
    const found = sumOfProducts(blocks, lag) / ofBlocks;
    const correlation = found + (1 + 3 * found) / blocks.length;
    if (!(correlation > 0)) break;
    sum += 2 * correlation;
  }
  return (sum * ofBlocks) / squares;
}

function inBlocks(values: Float64Array, size: number): Float64Array {
  const sums = new Float64Array(Math.ceil(values.length / size));
  values.forEach((value, i) => (sums[Math.floor(i / size)]! += value));
  return sums;
}

function sumOfProducts(values: Float64Array, lag: number): number {
  let sum = 0;
  for (let i = lag; i < values.length; i++) sum += values[i]! * values[i - lag]!;
  return sum;
}
