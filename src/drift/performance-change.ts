import type { Estimate } from '../stats/estimate.js';
import { intervalOf, relativeChange } from '../stats/estimate.js';
import type { Effect, PerformanceChange } from './drift-report.js';
import { round } from './column-findings.js';

/** What a model's performance was and is, or is estimated to be. */
export interface MeasuredPerformance extends Pick<PerformanceChange, 'metric' | 'source' | 'rows'> {
  readonly baseline: Estimate;
  readonly current: Estimate;
  /** What the version that made the predictions was registered with. */
  readonly registered?: Estimate | undefined;
  /** Further metrics of the current rows. */
  readonly also: Readonly<Record<string, Estimate>>;
}

/** How a change of performance is judged. */
export interface PerformanceRule {
  /** Largest relative drop that is none: `monitoring.performance_drop_threshold`. */
  readonly threshold: number;
  /** Of each two-sided interval. */
  readonly confidence: number;
}

/**
 * The verdict on a model's performance: it dropped when the lower bound of the relative drop is above the threshold.
 *
 * Where the version was registered as worse than it is on the baseline, by more than that, the baseline holds rows that it
 * has learned from: of those it knows the answers. Then what was registered stands for the baseline, and an estimate, which
 * was calibrated on such rows, never says that the performance is kept.
 */
export function judgePerformance(measured: MeasuredPerformance, rule: PerformanceRule): PerformanceChange {
  const { metric, source, rows, baseline, current, registered, also } = measured;
  const isShare = metric === 'accuracy';
  const effect = (estimate: Estimate, shares: boolean): Effect => {
    const { lower, upper } = intervalOf(estimate, rule.confidence);
    const ends = { lower: Math.max(0, finite(lower)), upper: finite(upper) };
    return { value: estimate.value, ...(shares ? { ...ends, upper: Math.min(1, ends.upper) } : ends) };
  };
  const dropTo = (before: Estimate, after: Estimate): Effect => relativeDrop(before, after, isShare, rule.confidence);
  const isLearned = registered && dropTo(baseline, { ...registered, variance: 0 }).lower > rule.threshold;
  const learned = isLearned ? registered : undefined;
  const isBlind = learned !== undefined && source !== 'labels';
  const before = learned ?? baseline;
  const drop = dropTo(before, current);
  const verdict =
    drop.lower > rule.threshold ? 'dropped' : drop.upper <= rule.threshold && !isBlind ? 'kept' : 'inconclusive';
  const says = {
    dropped: 'dropped',
    kept: 'is kept',
    inconclusive: `may have changed: ${isBlind ? 'an estimate from rows that the version knows does not tell' : 'too little data to tell'}`,
  }[verdict];
  const how = source === 'labels' ? '' : ', estimated without labels';
  return {
    metric,
    source,
    verdict,
    message:
      `${metric} ${says}: ${round(before.value)} ${learned ? 'when registered' : 'before'}, ${round(current.value)} now${how}; ` +
      `${sayDrop(drop)}, tolerance ${round(100 * rule.threshold)}%` +
      (learned
        ? `. The baseline (${round(baseline.value)}) is none: it holds rows that the version learned from; give rows that it did not`
        : ''),
    baseline: effect(baseline, isShare),
    current: effect(current, isShare),
    drop,
    ...(learned && { registered: learned.value }),
    threshold: rule.threshold,
    rows,
    also: Object.fromEntries(Object.entries(also).map(([name, estimate]) => [name, effect(estimate, true)])),
  };
}

function sayDrop({ value, lower, upper }: Effect): string {
  const [word, change, from, to] = value < 0 ? ['better', -value, -upper, -lower] : ['worse', value, lower, upper];
  return `${word} by ${round(100 * change)}% (${round(100 * from)} to ${round(100 * to)})`;
}

/**
 * How much worse, relative to the baseline, with its interval. From a baseline of 0 any change is infinitely large; an end
 * that cannot be computed is as far away as can be.
 */
function relativeDrop(baseline: Estimate, current: Estimate, isShare: boolean, confidence: number): Effect {
  const change = relativeChange(current, baseline);
  const sign = isShare ? -1 : 1;
  if (baseline.value === 0) {
    const least = intervalOf(current, confidence).lower > 0 ? Infinity : 0;
    const most = current.value === 0 ? 0 : Infinity;
    const [lower, upper] = [sign * least, sign * most].sort((a, b) => a - b) as [number, number];
    return { value: finite(sign * most), lower: finite(lower), upper: finite(upper) };
  }
  const { lower, upper } = intervalOf({ ...change, value: sign * change.value }, confidence);
  const known = (end: number, otherwise: number): number => finite(Number.isNaN(end) ? otherwise : end);
  return { value: finite(sign * change.value), lower: known(lower, -Infinity), upper: known(upper, Infinity) };
}

/** JSON has no infinities: a bound that far away says as little. */
const finite = (value: number): number =>
  Number.isFinite(value) ? value + 0 : value > 0 ? Number.MAX_VALUE : value < 0 ? -Number.MAX_VALUE : 0;
