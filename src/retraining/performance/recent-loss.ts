import { studentT975 } from '../../stats/distributions/student-t.js';
import { type Clusters, equalClusters } from '../../stats/effective-size.js';
import { type Estimate, meanEstimate } from '../../stats/estimate.js';
import { intervalOfMean } from '../../stats/mean-interval.js';
import { intervalOverTime, meanOverTime } from '../../stats/mean-over-time.js';

/** Fewer time stamps than this tell too little by themselves of how they differ. */
const fewestTimeStamps = 10;

/** Of the intervals; the t distribution's is at 97.5% to either side. */
const confidence = 0.95;

/** A mean loss and its interval, and how far to either side the registered one is known. */
export interface RecentLoss {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
  readonly registeredMargin: number;
}

/** The mean loss of a version as registered. */
export interface RegisteredLoss extends Estimate {
  /** That it was measured on, where rows of one go together; 0 where they do not. */
  readonly timeStamps: number;
}

/**
 * The mean of recent losses: Student's t over the rows, or over several time stamps. With fewer than ten,
 * and a version that was registered over several, the means of the time stamps of both sides are compared as two samples of
 * one variance, which are mostly the registered ones (the t test of cluster means; Donner & Klar 2000, ch. 6): the errors of
 * a month's rows go together, and a bad month is no drop yet where months have differed as much before. One lasting change of the
 * loss does not make days alike: it is what is looked for.
 */
export function recentLoss(losses: Float64Array, times: Clusters | undefined, registered: RegisteredLoss): RecentLoss {
  const { variance, timeStamps } = registered;
  if (times !== undefined && timeStamps > 1 && times.count < fewestTimeStamps)
    return amongTimeStamps(losses, times, { variance, timeStamps });
  const tail = (1 - confidence) / 2;
  const { value, lower, upper } =
    times !== undefined && times.count > 1
      ? intervalOverTime(losses, times.codes, tail, { mayShift: true })
      : intervalOfMean(losses, tail);
  return {
    value,
    lower: Math.max(0, lower), // no loss is below 0, and no limit: the verdict is the same
    upper,
    registeredMargin: studentT975(timeStamps > 1 ? timeStamps - 1 : Infinity) * Math.sqrt(variance),
  };
}

function amongTimeStamps(
  losses: Float64Array,
  { codes, count }: Clusters,
  registered: { readonly variance: number; readonly timeStamps: number },
): RecentLoss {
  const { value, variance: ofRows } = meanEstimate(losses);
  const effective = equalClusters(codes);
  const before = registered.variance * registered.timeStamps;
  const now = count > 1 ? meanOverTime(losses, codes, { mayShift: true }).variance * effective : 0;
  const freedom = registered.timeStamps - 1 + count - 1;
  const between = ((registered.timeStamps - 1) * before + (count - 1) * now) / freedom;
  const width = studentT975(freedom);
  const margin = width * Math.sqrt(Math.max(between / effective, ofRows));
  return {
    value,
    lower: Math.max(0, value - margin),
    upper: value + margin,
    registeredMargin: width * Math.sqrt(between / registered.timeStamps),
  };
}
