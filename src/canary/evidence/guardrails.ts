import { averageEvidence } from '../../stats/sequential/average-evidence.js';
import { type EventCounts, logEvidenceOfMoreEvents } from '../../stats/sequential/event-e-process.js';
import type { GuardrailEvidence } from './canary-verdict.js';
import type { DecisionInputs } from './decision-inputs.js';
import type { EventUnits, PairTable, PairedCounts, StratumStatistics } from './deployment-statistics.js';
import { type Measure, errorRate, factorOf, missRate, slowRate } from './measures.js';
import { countSlots } from './repeated-keys.js';
import { type SortedStrata, groupsOf, ofSegment, shadowPairs, splitStrata } from './ripe-strata.js';
import { keyedEvidence, pairedEventEvidence } from './shadow-evidence.js';
import { splitEvidence } from './split-evidence.js';

interface Guardrail {
  readonly name: GuardrailEvidence['guardrail'];
  readonly event: keyof EventUnits;
  readonly paired: 'errors' | 'slow' | 'misses';
  readonly rate: Measure;
  readonly said: string;
  /** Known only once the label has come. */
  readonly needsLabel: boolean;
  readonly isWatched: (settings: DecisionInputs['settings']) => boolean;
}

const guardrails: readonly Guardrail[] = [
  {
    name: 'errors',
    event: 'error',
    paired: 'errors',
    rate: errorRate,
    said: 'fails',
    needsLabel: false,
    isWatched: () => true,
  },
  {
    name: 'latency',
    event: 'slow',
    paired: 'slow',
    rate: slowRate,
    said: 'breaches the latency budget',
    needsLabel: false,
    isWatched: ({ latencyBudgetMs }) => latencyBudgetMs !== null,
  },
  {
    name: 'misses',
    event: 'miss',
    paired: 'misses',
    rate: missRate,
    said: 'misses by more than the budget',
    needsLabel: true,
    isWatched: ({ task, missBudget }) => task === 'regression' && missBudget !== null,
  },
];

/** Evidence of harm by each guardrail that is watched. */
export function judgeGuardrails(inputs: DecisionInputs, all: SortedStrata, ripe: SortedStrata): GuardrailEvidence[] {
  return guardrails
    .filter(({ isWatched }) => isWatched(inputs.settings))
    .map((guardrail) => judge(guardrail, inputs, guardrail.needsLabel ? ripe : all));
}

function judge(guardrail: Guardrail, inputs: DecisionInputs, strata: SortedStrata): GuardrailEvidence {
  const logEvidence = averageEvidence(guardrailEvidence(guardrail, inputs, strata));
  const isHarmful = logEvidence >= -Math.log(inputs.alpha);
  const canary = totalsOf(guardrail, strata, 'canary');
  const production = totalsOf(guardrail, strata, 'production');
  const message = `the canary ${guardrail.said} in ${canary.events} of ${canary.requests} requests, production in ${production.events} of ${production.requests}`;
  return {
    guardrail: guardrail.name,
    status: isHarmful ? 'harmful' : 'no_harm_shown',
    canary,
    production,
    logEvidence,
    message: `${message}: ${isHarmful ? 'proved harmful' : 'no harm shown'}`,
  };
}

/** Harm in one segment by every guardrail watched: e-values to be averaged. */
export function segmentGuardrailEvidence(
  inputs: DecisionInputs,
  all: SortedStrata,
  ripe: SortedStrata,
  segment: string,
): number[] {
  return guardrails
    .filter(({ isWatched }) => isWatched(inputs.settings))
    .map((guardrail) =>
      averageEvidence(guardrailEvidence(guardrail, inputs, guardrail.needsLabel ? ripe : all, segment)),
    );
}

/** Events expected in the smaller arm below which a rate is not approximately normal. */
const minEvents = 50;

/**
 * e-values for "the event happens to the canary more than 1/`rollback_threshold` times as often", to be averaged: from the
 * arm each routing key's first event came from (exact, however rare), from the rates once there are many events (keys do
 * not run out), and the same from shadow requests.
 */
function guardrailEvidence(
  guardrail: Guardrail,
  inputs: DecisionInputs,
  strata: SortedStrata,
  segment?: string,
): number[] {
  const found: number[] = [];
  const threshold = inputs.rollbackThreshold;
  if (strata.split.length > 0) {
    found.push(logEvidenceOfMoreEvents(firstEvents(guardrail.event, inputs, strata.split, segment), 1 / threshold));
    const sums = splitStrata(strata.split, guardrail.rate, segment);
    found.push(
      expectedEvents(guardrail, inputs, strata.split, segment) < minEvents
        ? 0
        : splitEvidence(sums, guardrail.rate, threshold, 'worse', inputs).logEvidence,
    );
  }
  const pairs = shadowPairs(strata.shadow, segment);
  if (pairs !== undefined) {
    found.push(...shadowGuardrailEvidence(guardrail, inputs, pairs, groupsOf(segment)));
  }
  return found.length === 0 ? [0] : found;
}

function shadowGuardrailEvidence(
  { event, paired, rate }: Guardrail,
  inputs: DecisionInputs,
  pairs: PairTable,
  groups: number,
): number[] {
  const { rollbackThreshold, alpha } = inputs;
  const once = (counts: PairedCounts): number => pairedEventEvidence(counts, rollbackThreshold, alpha).logEvidence;
  if (pairs.keys === undefined) return [once(pairs[paired])]; // stored by a version that did not keep keys
  const { both, canaryOnly, productionOnly } = pairs[paired];
  const expected = both + (canaryOnly + productionOnly) / 2;
  const options = { ...inputs, groups };
  return [
    once(countSlots(pairs.keys.events[event])),
    expected < minEvents ? 0 : keyedEvidence(pairs.keys, rate, factorOf(rate, rollbackThreshold), 1, options),
  ];
}

/** Events the smaller arm would have if both arms had them equally often; does not depend on which arm had them. */
function expectedEvents(
  guardrail: Guardrail,
  inputs: DecisionInputs,
  strata: readonly StratumStatistics[],
  segment: string | undefined,
): number {
  let expected = 0;
  for (const stratum of strata) {
    const share = shareOf(inputs, stratum.step);
    for (const arm of ['canary', 'production'] as const) {
      const cells = segment === undefined ? stratum[arm].cells : ofSegment(stratum[arm].segments, segment)?.cells;
      cells?.group.forEach((_, i) => (expected += guardrail.rate.sum(cells, i) * Math.min(share, 1 - share)));
    }
  }
  return expected;
}

/**
 * The arm in which each routing key had its first event, by step. Keys are known by slots. A slot counts in the first step
 * in which it had an event, and as production's when both arms had one there: whichever came first, that can only lower
 * the evidence against the canary.
 */
export function firstEvents(
  event: keyof EventUnits,
  inputs: DecisionInputs,
  strata: readonly StratumStatistics[],
  segment?: string,
): EventCounts[] {
  const seen = new Set<number>();
  return inputs.steps.map(({ step, share }) => {
    const ofStep = strata.filter((stratum) => stratum.step === step);
    const slots = (arm: 'canary' | 'production'): Set<number> => {
      const events = ofStep.flatMap((stratum) => {
        const statistics = segment === undefined ? stratum[arm] : ofSegment(stratum[arm].segments, segment);
        return statistics?.events[event] ?? [];
      });
      return new Set(events.filter((slot) => !seen.has(slot)));
    };
    const production = slots('production');
    const canary = slots('canary');
    for (const slot of production) canary.delete(slot);
    for (const slot of production) seen.add(slot);
    for (const slot of canary) seen.add(slot);
    return { share, canary: canary.size, production: production.size };
  });
}

const shareOf = ({ steps }: DecisionInputs, step: number): number => steps.find((log) => log.step === step)!.share;

function totalsOf(
  { rate, paired }: Guardrail,
  { split, shadow }: SortedStrata,
  arm: 'canary' | 'production',
): { requests: number; events: number } {
  let [requests, events] = [0, 0];
  for (const { [arm]: statistics } of split) {
    statistics.cells.group.forEach((_, i) => {
      requests += rate.count(statistics.cells, i);
      events += rate.sum(statistics.cells, i);
    });
  }
  for (const { pairs } of shadow) {
    requests += pairedTotal(pairs.all, paired);
    const counts = pairs.all[paired];
    events += counts.both + (arm === 'canary' ? counts.canaryOnly : counts.productionOnly);
  }
  return { requests, events };
}

const pairedTotal = (pairs: PairTable, paired: Guardrail['paired']): number =>
  paired === 'misses' ? pairs.labels : pairs.requests;
