import { studentTQuantile } from './distributions/student-t.js';
import { equalClusters } from './effective-size.js';
import { type Estimate, meanEstimate } from './estimate.js';
import { type MeanInterval, inUnit, skewShift } from './mean-interval.js';

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
 * @param options.mayShift whether one lasting change of the level is no resemblance: the autocorrelations are those about two levels,
 *   before and after the time stamp that sets them apart most. A loss that doubles stands out after 10 of 30 independent days then, in
 *   place of 23. The price: the same intervals miss to one side in 2.2%, 6% and 13% with 30 time stamps, in 1.9%, 3.6% and 5% with 250
 */
export function meanOverTime(
  values: Float64Array,
  times: Int32Array,
  { mayShift = false }: { readonly mayShift?: boolean } = {},
): MeanOverTime {
  const { value, variance } = meanEstimate(values, times);
  const deviations = sumsInOrder(values, times, value);
  const equal = equalClusters(times);
  const inflation = varianceInflation(mayShift ? aboutTwoLevels(deviations) : deviations);
  const effective = Math.max(Math.min(equal, 2), equal / Math.max(1, inflation));
  return { value, variance: variance * (equal / effective), effective };
}

/**
 * Student's t interval of {@link meanOverTime}, with the degrees of freedom of the independent time stamps that would tell as much,
 * and the end further out at which their skewness makes it miss more often, as that of `intervalOfMean`. Of 30 and of 250
 * independent ones it misses above, for 2.5% stated, in 3.5% and 2.3% where they are exponential, 6.5% and 3.3% lognormal; without
 * that in 5.8% and 3.9%, 9.8% and 5.9%.
 *
 * @param tail error probability to either side
 */
export function intervalOverTime(
  values: Float64Array,
  times: Int32Array,
  tail: number,
  options?: { readonly mayShift?: boolean },
): MeanInterval {
  return inUnit(values, (scaled) => {
    const { value, variance, effective } = meanOverTime(scaled, times, options);
    const t = studentTQuantile(tail, Math.max(1, effective - 1));
    const margin = t * Math.sqrt(variance);
    const shift = skewShift(sumsInOrder(scaled, times, value), t, variance, effective);
    return { value, lower: value - margin + Math.min(0, shift), upper: value + margin + Math.max(0, shift) };
  });
}

/** The sum of the deviations from the mean at each time stamp. */
function sumsInOrder(values: Float64Array, times: Int32Array, mean: number): Float64Array {
  const sums = new Map<number, number>();
  values.forEach((own, i) => sums.set(times[i]!, (sums.get(times[i]!) ?? 0) + (own - mean)));
  return Float64Array.from(
    [...sums].sort(([a], [b]) => a - b),
    ([, sum]) => sum,
  );
}

/** Fewer time stamps have no level of their own. */
const leastOfLevel = 2;

/** Deviations from the means before and after the place that parts them with the least sum of squares. */
function aboutTwoLevels(deviations: Float64Array): Float64Array {
  const count = deviations.length;
  let [sum, most, place] = [0, 0, 0];
  deviations.forEach((deviation, i) => {
    const gain = sum ** 2 / (i * (count - i)); // of those before, as all add up to 0
    if (i >= leastOfLevel && count - i >= leastOfLevel && gain > most) [most, place] = [gain, i];
    sum += deviation;
  });
  const levels = [deviations.subarray(0, place), deviations.subarray(place)].map(meanOf);
  return deviations.map((deviation, i) => deviation - levels[i < place ? 0 : 1]!);
}

const meanOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

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
