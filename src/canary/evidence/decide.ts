import { sumValue } from '../../stats/exact-accumulator.js';
import { checkLabelJoin, checkSampleRatio } from './assignment-checks.js';
import type { CanaryVerdict, MetricEvidence, VerdictCause } from './canary-verdict.js';
import type { CanaryLimits, DecisionInputs } from './decision-inputs.js';
import { judgeGuardrails } from './guardrails.js';
import { judgeMetric } from './judge-metric.js';
import { judgeSegments } from './judge-segments.js';
import { describeLatency } from './latency-evidence.js';
import { type SortedStrata, ripeStrata, sortStrata } from './ripe-strata.js';

type Settled = Pick<CanaryVerdict, 'verdict' | 'cause' | 'reason'>;

/**
 * Promote, roll back or hold. A pure function of its inputs, and valid however often it is asked.
 *
 * Rollback needs a proof of harm by a guardrail, a metric or in a segment, a limit breached, or the kill switch. Promotion
 * needs a proof that every applicable metric is at least `promotionThreshold` as good, nothing harmful, sound assignment
 * and labels, and the evaluation window over. Anything else holds, no data included.
 */
export function decide(inputs: DecisionInputs): CanaryVerdict {
  const all = sortStrata(inputs);
  const ripe = ripeStrata(all, inputs);
  const segments = judgeSegments(inputs, all, ripe);
  const found = {
    metrics: inputs.metrics.map((metric) => judgeMetric(metric, inputs, ripe)),
    guardrails: judgeGuardrails(inputs, all, ripe),
    segments: segments.segments,
    sampleRatio: checkSampleRatio(inputs, all),
    labelJoin: checkLabelJoin(inputs, ripe),
    latency: describeLatency(inputs, all),
    used: usedOf(all),
  };
  return { ...settle(inputs, found, segments.isHarmful), ...found };
}

type Found = Omit<CanaryVerdict, keyof Settled>;

function settle(inputs: DecisionInputs, found: Found, isSegmentHarmful: boolean): Settled {
  const harmful = found.guardrails.filter(({ status }) => status === 'harmful');
  return (
    stopped(inputs, found.used) ??
    (harmful.length > 0 ? rollback('guardrail', join(harmful)) : undefined) ??
    unsound(found) ??
    harm(found, isSegmentHarmful) ??
    unproved(inputs, found.metrics) ??
    promote(inputs, found.metrics)
  );
}

function stopped({ halt, limits }: DecisionInputs, used: CanaryVerdict['used']): Settled | undefined {
  if (halt !== null) return rollback('halted', `halted by ${halt.by}: ${halt.reason}`);
  const names = { maxPredictions: 'predictions', maxErrors: 'errors', maxValue: 'value' } as const;
  for (const limit of Object.keys(names) as (keyof CanaryLimits)[]) {
    const most = limits[limit];
    const spent = used[names[limit]];
    if (most !== null && spent > most) {
      return rollback('limit', `the canary's ${names[limit]} (${spent}) are above the limit of ${most}`);
    }
  }
  return undefined;
}

function unsound({ sampleRatio, labelJoin }: Found): Settled | undefined {
  if (sampleRatio.status === 'mismatch') {
    return hold(
      'sample_ratio',
      'the arms do not get the share of requests they should (sample-ratio mismatch): find out which are lost before comparing',
    );
  }
  if (labelJoin.status === 'mismatch') {
    return hold(
      'label_join',
      `labels come back for ${percent(labelJoin.canary)} of the canary's requests and ${percent(labelJoin.production)} of production's: find out why before comparing`,
    );
  }
  return undefined;
}

function harm({ metrics, segments }: Found, isSegmentHarmful: boolean): Settled | undefined {
  const harmful = metrics.filter(({ status }) => status === 'harmful');
  if (harmful.length > 0) return rollback('metric', join(harmful));
  if (!isSegmentHarmful) return undefined;
  const named = segments.filter((segment) => segment.isHarmful).map(({ segment }) => segment);
  return rollback('segment', `the canary is harmful in ${named.length > 0 ? named.join(', ') : 'some segment'}`);
}

function unproved(inputs: DecisionInputs, metrics: readonly MetricEvidence[]): Settled | undefined {
  const applicable = metrics.filter(({ status }) => status !== 'not_applicable');
  if (applicable.length === 0) {
    return hold('no_metric', `none of canary.evaluation_metrics applies to a ${inputs.settings.task}`);
  }
  const open = applicable.filter(({ status }) => status === 'undecided');
  if (open.length > 0) return hold('insufficient_evidence', join(open));
  const observedMs = inputs.now - (inputs.steps[0]?.beganAt ?? inputs.now);
  if (observedMs < inputs.evaluationWindowMs) {
    return hold(
      'evaluation_window',
      `proved good enough; promotion waits until ${hours(inputs.evaluationWindowMs)} hours are over, ${hours(observedMs)} are`,
    );
  }
  return undefined;
}

function promote({ promotionThreshold }: DecisionInputs, metrics: readonly MetricEvidence[]): Settled {
  const proved = metrics.filter(({ status }) => status === 'good_enough').map(({ metric }) => metric);
  const reason = `proved at least ${promotionThreshold} as good as production on ${proved.join(', ')}`;
  return { verdict: 'promote', cause: 'proved', reason };
}

function usedOf({ split }: SortedStrata): CanaryVerdict['used'] {
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  return {
    predictions: sum(split.flatMap(({ canary }) => canary.cells.requests)),
    errors: sum(split.flatMap(({ canary }) => canary.cells.errors)),
    value: sum(split.map(({ canary }) => sumValue(canary.value))),
  };
}

const rollback = (cause: VerdictCause, reason: string): Settled => ({ verdict: 'rollback', cause, reason });
const hold = (cause: VerdictCause, reason: string): Settled => ({ verdict: 'hold', cause, reason });
const join = (evidence: readonly { readonly message: string }[]): string =>
  evidence.map(({ message }) => message).join('; ');
const percent = (rate: number | null): string => `${(100 * (rate ?? 0)).toFixed(1)}%`;
const hours = (ms: number): number => Number((ms / 3_600_000).toPrecision(3));
