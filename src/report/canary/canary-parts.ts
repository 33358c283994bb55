import type { CanaryDecision, CanaryDeployment } from '../../canary/deployment.js';
import { hasEnded, isServing } from '../../canary/transitions.js';
import type { Chart } from '../charts/chart.js';
import { canarySequence } from '../charts/canary-sequence.js';
import { evidenceTimeline } from '../charts/evidence-timeline.js';
import { type Html, html } from '../page/html.js';
import { count, moment, number, percent } from '../page/numbers.js';
import { badge, digest, table } from '../page/parts.js';
import { type RelativeQuality, relativeQuality } from './relative-quality.js';

/** Decisions drawn at most: the first, the last, and some between. */
const mostDrawn = 30;

/** Some of many, evenly, the first and the last included. */
export function spread<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))]!);
}

/** The confidence sequence of each metric, then the evidence. @param qualityOf for callers that remember what they computed */
export function canaryCharts(
  decisions: readonly CanaryDecision[],
  qualityOf: (decision: CanaryDecision) => readonly RelativeQuality[] = relativeQuality,
): readonly Chart[] {
  const last = decisions.at(-1);
  if (last === undefined) return [];
  const qualities = spread(decisions, mostDrawn).map(qualityOf);
  const thresholds = { promotion: last.inputs.promotionThreshold, rollback: last.inputs.rollbackThreshold };
  const sequences = last.metrics
    .filter(({ status, canary }) => status !== 'not_applicable' && canary !== null)
    .map(({ metric }) =>
      canarySequence(
        metric,
        qualities.flatMap((all) => all.filter((quality) => quality.metric === metric)),
        thresholds,
      ),
    );
  return [...sequences, evidenceTimeline(decisions)];
}

/** What the candidate gets of the requests now: its share is that of the step also while production answers everything. */
export function trafficNow({ status, trafficFraction }: CanaryDeployment): string | undefined {
  if (hasEnded(status)) return undefined;
  if (isServing(status)) return percent(trafficFraction);
  return status === 'paused' ? `none; ${percent(trafficFraction)} once it is resumed` : 'none';
}

/** What was decided and done, oldest first. */
export function timeline({ history }: CanaryDeployment, decisions: readonly CanaryDecision[]): Html {
  const rows = [
    ...history.map((event) => ({
      at: event.at,
      cells: [
        html`<strong>${event.action}</strong>`,
        isServing(event.status) ? `${event.status}, ${percent(event.trafficFraction)} of the traffic` : event.status,
        `${event.reason ?? ''} (${event.by}${event.onBehalfOf === undefined ? '' : ` for ${event.onBehalfOf}`})`,
      ],
    })),
    ...folded(decisions).map(({ last, times }) => ({
      at: last.decidedAt,
      cells: [badge(last.verdict), times === 1 ? 'decision' : `${count(times)} decisions kept`, last.reason],
    })),
  ].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  return table(
    'Everything that was decided and done, oldest first',
    [{ title: 'When' }, { title: 'What' }, { title: 'State' }, { title: 'Why' }],
    rows.map(({ at, cells }) => [moment(at), ...cells]),
  );
}

/** Decisions that say the same one after the other are one line, their last. */
function folded(decisions: readonly CanaryDecision[]): { last: CanaryDecision; times: number }[] {
  const lines: { last: CanaryDecision; times: number }[] = [];
  for (const decision of decisions) {
    const line = lines.at(-1);
    if (line?.last.verdict === decision.verdict && line.last.cause === decision.cause)
      lines[lines.length - 1] = { last: decision, times: line.times + 1 };
    else lines.push({ last: decision, times: 1 });
  }
  return lines;
}

/** Both arms on every metric and guardrail, with the evidence. */
export const evidenceTable = ({ metrics, guardrails, inputs }: CanaryDecision): Html =>
  table(
    `Both arms; proof from an ln e-value of ${number(-Math.log(inputs.alpha))}`,
    [
      { title: 'Measure' },
      { title: 'Status' },
      { title: 'Canary', kind: 'number' },
      { title: 'Production', kind: 'number' },
      { title: 'ln e, good enough', kind: 'number' },
      { title: 'ln e, harmful', kind: 'number' },
    ],
    [
      ...metrics.map((metric) => [
        metric.metric,
        badge(metric.status),
        metric.canary && `${number(metric.canary.mean)} of ${count(metric.canary.n)}`,
        metric.production && `${number(metric.production.mean)} of ${count(metric.production.n)}`,
        number(metric.logEvidenceGoodEnough),
        number(metric.logEvidenceHarmful),
      ]),
      ...guardrails.map((guard) => [
        `${guard.guardrail} (guardrail)`,
        badge(guard.status),
        `${count(guard.canary.events)} in ${count(guard.canary.requests)}`,
        `${count(guard.production.events)} in ${count(guard.production.requests)}`,
        undefined,
        number(guard.logEvidence),
      ]),
    ].map((cells) => cells.map((cell) => cell ?? undefined)),
  );

/** What the last decision can be recomputed from. */
export const decisionProof = (decision: CanaryDecision): readonly (readonly [string, Html | string])[] => [
  ['Decision', digest(decision.decisionId)],
  ['Policy', digest(decision.policyDigest)],
  ['α', number(decision.inputs.alpha)],
  ['Promotion threshold', number(decision.inputs.promotionThreshold)],
  ['Rollback threshold', number(decision.inputs.rollbackThreshold)],
  ['Least observations for asymptotic proofs', count(decision.inputs.minObservations)],
  [
    'Shares as intended',
    `${decision.sampleRatio.status.replaceAll('_', ' ')} (ln e ${number(decision.sampleRatio.logEvidence)})`,
  ],
  ['Labels', decision.labelJoin.status.replaceAll('_', ' ')],
];
