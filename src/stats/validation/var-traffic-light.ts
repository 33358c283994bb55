import { MLOpsError } from '../../errors.js';
import { binomialCdf } from '../distributions/binomial.js';

/** The Basel zone that the exceptions of a VaR fall into. */
export interface VarTrafficLight {
  readonly zone: 'green' | 'amber' | 'red';
  readonly exceptions: number;
  readonly days: number;
  /** Of the capital requirement; for 250 days at 99% only, which the standard's table is made for. */
  readonly multiplier?: number;
  /** P(as many exceptions or fewer) of a model that is right. */
  readonly cumulative: number;
}

const amberMultipliers = [1.7, 1.76, 1.83, 1.88, 1.92];

/**
 * Zone of a value-at-risk model by its exceptions, days on which the loss was above it. Amber begins where a right model
 * stays at or below that many with 95%, red with 99.99%: 5 and 10 of 250 days at 99%. No exception at all is green, however few
 * the days.
 *
 * Source: Basel Committee, MAR32.9, table 1 (multiplier 1.50 in green, 2.00 in red).
 *
 * @param coverage level of the VaR; 0.99 unless told
 * @throws MLOpsError `INVALID_INPUT`
 */
export function varTrafficLight(exceptions: number, days = 250, coverage = 0.99): VarTrafficLight {
  const isCount = Number.isSafeInteger(exceptions) && Number.isSafeInteger(days);
  if (!isCount || exceptions < 0 || days < 1 || exceptions > days || !(coverage > 0 && coverage < 1)) {
    throw new MLOpsError(
      'INVALID_INPUT',
      `${exceptions} exceptions on ${days} days at ${coverage}; expected counts and a level such as 0.99`,
    );
  }
  const cumulative = binomialCdf(exceptions, days, 1 - coverage);
  const zone = cumulative < 0.95 || exceptions === 0 ? 'green' : cumulative < 0.9999 ? 'amber' : 'red';
  if (days !== 250 || coverage !== 0.99) return { zone, exceptions, days, cumulative };
  const multiplier = zone === 'green' ? 1.5 : zone === 'red' ? 2 : amberMultipliers[exceptions - 5]!;
  return { zone, exceptions, days, multiplier, cumulative };
}
