import { averageEvidence } from '../../stats/sequential/average-evidence.js';
import { eBenjaminiHochberg } from '../../stats/sequential/e-benjamini-hochberg.js';
import type { SegmentEvidence } from './canary-verdict.js';
import type { DecisionInputs } from './decision-inputs.js';
import { segmentGuardrailEvidence } from './guardrails.js';
import { segmentMetricEvidence } from './judge-metric.js';
import { metricMeasures } from './measures.js';
import type { SortedStrata } from './ripe-strata.js';

export interface SegmentsEvidence {
  readonly segments: readonly SegmentEvidence[];
  /** Whether harm in some segment is proved. */
  readonly isHarmful: boolean;
}

/**
 * Is the canary harmful in some segment? Each segment's e-value is the average over its metrics and guardrails; the
 * average over segments tests "harmful in none"; the e-Benjamini–Hochberg procedure names those that are.
 */
export function judgeSegments(inputs: DecisionInputs, all: SortedStrata, ripe: SortedStrata): SegmentsEvidence {
  const names = segmentNames(all);
  if (names.length === 0) return { segments: [], isHarmful: false };
  const applicable = inputs.metrics.flatMap((metric) => {
    const measure = Object.hasOwn(metricMeasures, metric) ? metricMeasures[metric] : undefined;
    return measure?.task === inputs.settings.task ? [measure] : [];
  });
  const measures = applicable.filter(({ name }, i) => applicable.findIndex((other) => other.name === name) === i);
  const logEvidence = names.map((segment) =>
    averageEvidence([
      ...measures.map((measure) => segmentMetricEvidence(measure, inputs, ripe, segment)),
      ...segmentGuardrailEvidence(inputs, all, ripe, segment),
    ]),
  );
  const isNamed = eBenjaminiHochberg(logEvidence, inputs.alpha);
  return {
    segments: names.map((segment, i) => ({ segment, logEvidence: logEvidence[i]!, isHarmful: isNamed[i]! })),
    isHarmful: averageEvidence(logEvidence) >= -Math.log(inputs.alpha),
  };
}

function segmentNames({ split, shadow }: SortedStrata): string[] {
  const names = new Set([
    ...split.flatMap(({ canary, production }) => [
      ...Object.keys(canary.segments),
      ...Object.keys(production.segments),
    ]),
    ...shadow.flatMap(({ pairs }) => Object.keys(pairs.segments)),
  ]);
  return [...names].sort((a, b) => (a < b ? -1 : 1));
}
