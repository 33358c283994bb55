import { sumValue } from '../../stats/exact-accumulator.js';
import { logAsymptoticEvidence } from '../../stats/sequential/asymptotic-confidence-sequence.js';
import { averageEvidence } from '../../stats/sequential/average-evidence.js';
import { type Tally, logBettingEvidence } from '../../stats/sequential/betting-e-process.js';
import { logPairedEvidence } from '../../stats/sequential/paired-confidence-sequence.js';
import { stratifiedDifference } from '../../stats/stratified-difference.js';
import type { PairKeys, PairTable, PairedCounts } from './deployment-statistics.js';
import { type Measure, type MetricMeasure, clusterSums, factorOf } from './measures.js';
import { pairsPerKey } from './repeated-keys.js';
import { type Evidence, type EvidenceOptions, noEvidence } from './split-evidence.js';

export interface ShadowOptions extends EvidenceOptions {
  /** Largest possible loss, if known. */
  readonly lossBound: number | null;
  /** Number of the key groups of the pairs. */
  readonly groups: number;
}

/**
 * Evidence that the canary is better (`worse`: worse) than `threshold` times as good as production, from requests that
 * both scored. Rates over the same requests are exact from the first request on (betting); bounded losses too; for both the
 * pairs of one routing key count as one. The rest is asymptotic, by the variance between key groups, and silent below
 * `minObservations`. Where there are both, they are averaged.
 *
 * Pairs of a version that did not keep keys are taken one by one, so that its decisions replay.
 */
export function shadowEvidence(
  pairs: PairTable,
  measure: MetricMeasure,
  threshold: number,
  direction: 'better' | 'worse',
  options: ShadowOptions,
): Evidence {
  const factor = factorOf(measure, threshold);
  const sign = (measure.better === 'higher') === (direction === 'better') ? 1 : -1;
  const logEvidence =
    measure.loss === undefined
      ? classEvidence(pairs, measure, factor, sign, options)
      : lossEvidence(pairs, measure, measure.loss, factor, sign, options);
  return withGrowth(logEvidence, options.alpha);
}

/** Evidence that an event happens to the canary more than 1/`threshold` times as often, from requests both scored. */
export function pairedEventEvidence(counts: PairedCounts, threshold: number, alpha: number): Evidence {
  const factor = 1 / threshold;
  const tallies = [
    { value: 1, count: counts.canaryOnly },
    { value: 1 - factor, count: counts.both },
    { value: -factor, count: counts.productionOnly },
  ];
  return withGrowth(logBettingEvidence(tallies, -factor), alpha);
}

/**
 * Evidence that the mean of a measure is larger in the canary (`sign` −1: smaller) than `factor` times production's, by the
 * variance between key groups; none below `minObservations`.
 */
export function keyedEvidence(
  keys: PairKeys,
  measure: Measure,
  factor: number,
  sign: number,
  { alpha, minObservations, groups }: Omit<ShadowOptions, 'lossBound'>,
): number {
  const stratum = {
    canary: clusterSums(keys.canary, measure, groups),
    production: clusterSums(keys.production, measure, groups),
  };
  const { information, z, ...counts } = stratifiedDifference([stratum], factor, measure.isRate ? 1 : 0);
  if (Math.min(counts.canaryCount, counts.productionCount) < minObservations) return noEvidence.logEvidence;
  return logAsymptoticEvidence(2 * information, sign * z, { alpha, tunedFor: minObservations }); // n pairs inform as 2·n/2
}

/** By how much an exact test has to divide its counts. */
const discount = ({ keys }: PairTable, measure: Measure, groups: number): number =>
  keys === undefined ? 1 : pairsPerKey(clusterSums(keys.canary, measure, groups).counts);

/** The logarithm of a betting e-value grows with the number of observations. */
const withGrowth = (logEvidence: number, alpha: number): Evidence => ({
  logEvidence,
  neededFactor: logEvidence > 0 ? Math.max(1, -Math.log(alpha) / logEvidence) : null,
});

function lossEvidence(
  pairs: PairTable,
  measure: MetricMeasure,
  loss: 'absolute' | 'squared',
  factor: number,
  sign: number,
  options: ShadowOptions,
): number {
  const { alpha, minObservations, lossBound } = options;
  const n = pairs.labels;
  const sums = pairs[loss];
  const sum = sign * (sumValue(sums.canary) - factor * sumValue(sums.production));
  const squares =
    sumValue(sums.canarySquares) -
    2 * factor * sumValue(sums.products) +
    factor * factor * sumValue(sums.productionSquares);
  const found: number[] = [];
  if (lossBound !== null && sums.aboveBound === 0) {
    const bound = loss === 'absolute' ? lossBound : lossBound * lossBound;
    const width = (1 + factor) * bound;
    // Tightest where differences of a twentieth of the possible width have been seen `minObservations` times.
    const perKey = discount(pairs, measure, options.groups);
    const tunedFor = minObservations * (width / 20) ** 2;
    found.push(logPairedEvidence(sum / perKey, Math.max(0, squares) / perKey, width, tunedFor));
  }
  if (pairs.keys !== undefined) found.push(keyedEvidence(pairs.keys, measure, factor, sign, options));
  else if (n >= minObservations) found.push(asymptotic(n, sum, squares - (sum * sum) / n, { alpha, minObservations }));
  return found.length === 0 ? 0 : averageEvidence(found);
}

/** Of a sum of n differences whose squared deviations add up to `variance`. */
function asymptotic(n: number, sum: number, variance: number, { alpha, minObservations }: EvidenceOptions): number {
  if (!(variance > 0)) return 0;
  return logAsymptoticEvidence(n, sum / Math.sqrt(variance), { alpha, tunedFor: minObservations });
}

/** What both models said of a request, and what was true; see `PairTable.answers`. */
interface Answer {
  readonly canary: boolean;
  readonly production: boolean;
  readonly actual: boolean;
  readonly count: number;
}

function classEvidence(
  pairs: PairTable,
  measure: MetricMeasure,
  factor: number,
  sign: number,
  options: ShadowOptions,
): number {
  const { counts, hits } = measure;
  const answers = pairs.answers.map((count, i): Answer => ({
    canary: i >= 4,
    production: (i & 2) > 0,
    actual: (i & 1) > 0,
    count,
  }));
  const counted = (predicted: boolean, { actual }: Answer): number => Number(counts!(predicted, actual));
  const hit = (predicted: boolean, { actual }: Answer): number => Number(hits!(predicted, actual));
  const isSameRequests = answers.every((answer) => counted(true, answer) === counted(false, answer));
  const byKey = pairs.keys === undefined ? [] : [keyedEvidence(pairs.keys, measure, factor, sign, options)];
  if (isSameRequests) {
    const perKey = discount(pairs, measure, options.groups);
    const tallies = answers.map((answer): Tally => ({
      value: sign * (hit(answer.canary, answer) - factor * hit(answer.production, answer)),
      count: (counted(true, answer) * answer.count) / perKey,
    }));
    return averageEvidence([logBettingEvidence(tallies, sign > 0 ? -factor : -1), ...byKey]);
  }
  return byKey[0] ?? ratioEvidence(answers, counted, hit, factor, sign, options);
}

/** For rates over different requests, such as precision: the linearized difference of two ratios. */
function ratioEvidence(
  answers: readonly Answer[],
  counted: (predicted: boolean, answer: Answer) => number,
  hit: (predicted: boolean, answer: Answer) => number,
  factor: number,
  sign: number,
  options: EvidenceOptions,
): number {
  let [n, canaryCount, canaryHits, productionCount, productionHits] = [0, 0, 0, 0, 0];
  for (const answer of answers) {
    n += answer.count;
    canaryCount += answer.count * counted(answer.canary, answer);
    canaryHits += answer.count * hit(answer.canary, answer);
    productionCount += answer.count * counted(answer.production, answer);
    productionHits += answer.count * hit(answer.production, answer);
  }
  if (Math.min(canaryCount, productionCount) < options.minObservations) return noEvidence.logEvidence;
  const canaryRate = canaryHits / canaryCount;
  const productionRate = productionHits / productionCount;
  // One imagined further observation each keeps the error above 0.
  let variance = n * n * ((1 / canaryCount) ** 2 + (factor / productionCount) ** 2);
  for (const answer of answers) {
    const canary = (hit(answer.canary, answer) - canaryRate * counted(answer.canary, answer)) / canaryCount;
    const production =
      (hit(answer.production, answer) - productionRate * counted(answer.production, answer)) / productionCount;
    variance += answer.count * (n * (canary - factor * production)) ** 2;
  }
  return asymptotic(n, sign * n * (canaryRate - factor * productionRate), variance, options);
}
