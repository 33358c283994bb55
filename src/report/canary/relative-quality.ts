import type { CanaryDecision } from '../../canary/deployment.js';
import { judgeMetric } from '../../canary/evidence/judge-metric.js';
import { ripeStrata, sortStrata } from '../../canary/evidence/ripe-strata.js';

/** How good a canary is in relation to production on one metric: 1 is as good, 0.8 four fifths as good. */
export interface RelativeQuality {
  readonly metric: string;
  /** Labelled outcomes of both arms. */
  readonly outcomes: number;
  /** Absent while nothing is proved on that side. */
  readonly lower?: number;
  readonly upper?: number;
}

/** Between these, thresholds are looked for. */
const [lowest, highest] = [0.125, 8];
const bisections = 12;

/**
 * The confidence sequence behind a decision: every threshold that the evidence has not refuted. A threshold is refuted from
 * below when "at least so good" is proved, from above when "worse than that" is, both at α and valid at every moment, so the
 * intervals of all decisions hold at once, each side with probability 1 − α. Recomputed from the decision's own inputs.
 *
 * Source: inversion of the e-processes of the metric, Ramdas, Grünwald, Vovk, Shafer, "Game-theoretic statistics and safe
 * anytime-valid inference" (2023), section 2.
 */
export function relativeQuality({
  inputs,
  metrics,
}: Pick<CanaryDecision, 'inputs' | 'metrics'>): readonly RelativeQuality[] {
  const ripe = ripeStrata(sortStrata(inputs), inputs);
  const proof = -Math.log(inputs.alpha);
  return metrics
    .filter(({ status }) => status !== 'not_applicable')
    .map(({ metric, canary, production }) => {
      const at = (threshold: number) =>
        judgeMetric(metric, { ...inputs, promotionThreshold: threshold, rollbackThreshold: threshold }, ripe);
      const lower = bisect((threshold) => at(threshold).logEvidenceGoodEnough >= proof);
      const upper = bisect((threshold) => at(1 / threshold).logEvidenceHarmful >= proof);
      return {
        metric,
        outcomes: (canary?.n ?? 0) + (production?.n ?? 0),
        ...(lower !== undefined && { lower }),
        ...(upper !== undefined && { upper: 1 / upper }),
      };
    });
}

/** The largest value that has what all smaller ones have; undefined when not even the lowest has it. */
function bisect(holds: (value: number) => boolean): number | undefined {
  if (!holds(lowest)) return undefined;
  if (holds(highest)) return highest;
  let [low, high] = [lowest, highest];
  for (let i = 0; i < bisections; i++) {
    const middle = Math.sqrt(low * high);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}
