import type { CellTable, DeploymentStatistics } from '../../../src/canary/evidence/deployment-statistics.js';
import type { EvidenceSettings } from '../../../src/canary/evidence/evidence-settings.js';
import type { ModelAnswer } from '../../../src/canary/evidence/outcome.js';
import type { Recording } from './recordings.js';

/*
 * The statistics of a list of recordings, counted naively from what the comments of deployment-statistics.ts say. Sums are
 * whole numbers of 2^-192, as exact-accumulator.ts says, so that nothing is rounded.
 */

/** Statistics with sums as whole numbers of 2^-192. */
export const readSums = (statistics: unknown): unknown =>
  JSON.parse(JSON.stringify(statistics), (key, value: unknown) =>
    typeof value === 'string' && key !== 'task' ? sumOf(value) : value,
  );

function sumOf(text: string): bigint {
  if (text === '0') return 0n;
  const [digits, exponent] = text.split('p');
  return BigInt(`0x${digits}`) << BigInt(Number(exponent) + 192);
}

/** A double in whole numbers of 2^-192; what is below is cut off. */
export const exact = (value: number): bigint => BigInt(Math.floor(value * 2 ** 192));

const total = (values: readonly number[]): bigint => values.reduce((sum, value) => sum + exact(value), 0n);

const countNames = [
  'requests',
  'errors',
  'slow',
  'labels',
  'misses',
  'truePositives',
  'falsePositives',
  'falseNegatives',
] as const satisfies readonly (keyof CellTable)[];

/** What one recording says of one model: counts of 0 or 1, and the loss if there is one. */
type Fact = Readonly<Record<(typeof countNames)[number] | 'loss', number>>;

/** What one recording says of one model or of two. */
interface Told {
  readonly unit: number;
  readonly segment: string | undefined;
  readonly value: number | undefined;
  readonly latencyMs: number | undefined;
  readonly facts: readonly Fact[];
  /** Index into `answers`, which regression has no use for. */
  readonly answer: number;
}

const nothing: Fact = {
  requests: 0,
  errors: 0,
  slow: 0,
  labels: 0,
  misses: 0,
  truePositives: 0,
  falsePositives: 0,
  falseNegatives: 0,
  loss: 0,
};

const isLatency = (latencyMs = NaN): boolean => latencyMs >= 0 && latencyMs !== Infinity;

/** @param answers one of an arm, two of a pair; without `isRequest`, of a label that came later */
function told(
  settings: EvidenceSettings,
  answers: readonly ModelAnswer[],
  isRequest: boolean,
  rest: {
    readonly unit: number;
    readonly actual?: number | undefined;
    readonly segment?: string | undefined;
    readonly value?: number | undefined;
  },
): Told {
  const asked = answers.map(({ prediction = 0, error, latencyMs = NaN }) => ({
    ...nothing,
    requests: Number(isRequest),
    errors: Number(isRequest && (error === true || !Number.isFinite(prediction))),
    slow: Number(isLatency(latencyMs) && latencyMs > (settings.latencyBudgetMs ?? Infinity)),
  }));
  const { unit, segment, value, actual = NaN } = rest;
  const predictions = answers.map(({ prediction = NaN }) => prediction);
  const isScored =
    asked.every(({ errors }) => errors === 0) && predictions.every(Number.isFinite) && Number.isFinite(actual);
  const facts = isScored ? scored(settings, asked, predictions, actual) : asked;
  const [first, second] = predictions.map((prediction) => Number(prediction >= 0.5));
  const answer = settings.task === 'classification' ? 4 * first! + 2 * (second ?? 0) + Number(actual >= 0.5) : -1;
  return { unit, segment, value, latencyMs: answers[0]!.latencyMs, facts, answer };
}

function scored(
  { task, missBudget }: EvidenceSettings,
  asked: readonly Fact[],
  predictions: readonly number[],
  actual: number,
): Fact[] {
  if (task === 'classification') {
    const outcomes = predictions.map((prediction) => [prediction >= 0.5, actual >= 0.5]);
    return asked.map((fact, i) => {
      const [predicted, isTrue] = outcomes[i]!;
      const truePositives = Number(predicted && isTrue);
      const falsePositives = Number(predicted && !isTrue);
      return { ...fact, labels: 1, truePositives, falsePositives, falseNegatives: Number(!predicted && isTrue) };
    });
  }
  // A pair's fourth powers are summed, an arm's squares: each up to 2^192, with a factor of two to spare.
  const limit = asked.length === 2 ? 2 ** 48 / 2 : 2 ** 96 / 2;
  const losses = predictions.map((prediction) => Math.abs(prediction - actual));
  if (losses.some((loss) => loss >= limit))
    return asked.map((fact, i) => ({ ...fact, errors: Number(losses[i]! >= limit) }));
  return asked.map((fact, i) => {
    const loss = losses[i]!;
    return { ...fact, labels: 1, loss, misses: Number(missBudget !== null && loss > missBudget) };
  });
}

/** The finisher of MurmurHash3 over whole numbers of any size. */
function mixed(unit: number): number {
  let h = BigInt(unit) ^ 0x5bd1e995n;
  h = ((h ^ (h >> 16n)) * 0x85ebca6bn) % 2n ** 32n;
  h = ((h ^ (h >> 13n)) * 0xc2b2ae35n) % 2n ** 32n;
  return Number(h ^ (h >> 16n));
}

const numbers = (values: Iterable<number>): number[] => [...new Set(values)].sort((a, b) => a - b);

/** 2^14 slots. */
const slots = (list: readonly Told[], has: (of: Told) => boolean): number[] =>
  numbers(list.filter(has).map(({ unit }) => Math.floor(mixed(unit) / 2 ** 18)));

/** The cells of one side: 0 is the arm or the canary of pairs, 1 production of pairs. */
function cells(list: readonly Told[], groups: number, side: 0 | 1 = 0): object {
  const counted = list.filter(({ facts }) => countNames.some((name) => facts[side]![name] > 0));
  const group = numbers(counted.map(({ unit }) => mixed(unit) % groups));
  const column = <T>(of: (facts: readonly Fact[]) => T): T[] =>
    group.map((g) => of(counted.filter(({ unit }) => mixed(unit) % groups === g).map(({ facts }) => facts[side]!)));
  const counts = countNames.map((name) => [name, column((facts) => facts.reduce((sum, fact) => sum + fact[name], 0))]);
  return {
    group,
    ...(Object.fromEntries(counts) as Record<string, number[]>),
    absolute: column((facts) => total(facts.map(({ loss }) => loss))),
    squared: column((facts) => total(facts.map(({ loss }) => loss * loss))),
  };
}

const events = (list: readonly Told[]): object => ({
  error: slots(list, ({ facts }) => facts[0]!.errors > 0),
  slow: slots(list, ({ facts }) => facts[0]!.slow > 0),
  miss: slots(list, ({ facts }) => facts[0]!.misses > 0),
});

type Happened = 'errors' | 'slow' | 'misses';

const paired = <T>(what: Happened, of: (has: (pair: Told) => boolean) => T): Record<string, T> => ({
  canaryOnly: of(({ facts: [canary, production] }) => canary![what] > 0 && production![what] === 0),
  productionOnly: of(({ facts: [canary, production] }) => canary![what] === 0 && production![what] > 0),
  both: of(({ facts: [canary, production] }) => canary![what] > 0 && production![what] > 0),
});

function pairTable({ lossBound }: EvidenceSettings, list: readonly Told[], groups: number): object {
  const labelled = list.filter(({ facts }) => facts[0]!.labels > 0);
  const counts = (what: Happened): object => paired(what, (has) => list.filter(has).length);
  const sums = (power: (loss: number) => number): object => {
    const losses = labelled.map(({ facts }) => facts.map(({ loss }) => power(loss)));
    return {
      canary: total(losses.map(([canary]) => canary!)),
      production: total(losses.map(([, production]) => production!)),
      canarySquares: total(losses.map(([canary]) => canary! * canary!)),
      productionSquares: total(losses.map(([, production]) => production! * production!)),
      products: total(losses.map(([canary, production]) => canary! * production!)),
      aboveBound: labelled.filter(({ facts }) => facts.some(({ loss }) => loss > (lossBound ?? Infinity))).length,
    };
  };
  const keys = {
    canary: cells(list, groups, 0),
    production: cells(list, groups, 1),
    events: {
      error: paired('errors', (has) => slots(list, has)),
      slow: paired('slow', (has) => slots(list, has)),
      miss: paired('misses', (has) => slots(list, has)),
    },
  };
  const isEmpty = list.every(isIdle);
  return {
    requests: list.filter(({ facts }) => facts[0]!.requests > 0).length,
    errors: counts('errors'),
    slow: counts('slow'),
    labels: labelled.length,
    misses: counts('misses'),
    absolute: sums((loss) => loss),
    squared: sums((loss) => loss * loss),
    answers: Array.from({ length: 8 }, (_, i) => labelled.filter(({ answer }) => answer === i).length),
    ...(!isEmpty && { keys }),
  };
}

const isIdle = ({ facts }: Told): boolean => facts.every((fact) => countNames.every((name) => fact[name] === 0));

/** Edges of the latency buckets: eight an octave from 2^-10 ms. */
export const latencyEdges = Array.from({ length: 34 * 8 }, (_, i) => 2 ** (Math.floor(i / 8) - 10) * (1 + (i % 8) / 8));

export const bucketOf = (latencyMs: number): number =>
  Math.max(
    latencyEdges.findLastIndex((edge) => edge <= latencyMs),
    0,
  );

function latency(list: readonly Told[]): (readonly [number, number])[] {
  const buckets = list.flatMap(({ latencyMs }) => (isLatency(latencyMs) ? [bucketOf(latencyMs!)] : []));
  return numbers(buckets).map((bucket) => [bucket, buckets.filter((one) => one === bucket).length]);
}

/** Values without their sign; those too large for a sum are the largest that is not. */
const values = (list: readonly Told[]): bigint =>
  total(list.map(({ value = NaN }) => Math.min(Math.abs(value), 2 ** 192 - 2 ** 139) || 0));

/** By name; names that a record cannot hold are `(other)`. */
function bySegment(list: readonly Told[], count: (of: readonly Told[]) => object): object {
  const named = new Map<string, Told[]>();
  for (const one of list) {
    if (one.segment === undefined || isIdle(one)) continue;
    const isName = one.segment.isWellFormed() && !['__proto__', 'constructor'].includes(one.segment);
    const name = isName ? one.segment : '(other)';
    named.set(name, [...(named.get(name) ?? []), one]);
  }
  return Object.fromEntries([...named].map(([name, members]) => [name, count(members)]));
}

const armOf = (list: readonly Told[]): object => ({
  value: values(list),
  latency: latency(list),
  cells: cells(list, 128),
  events: events(list),
  segments: bySegment(list, (members) => ({ cells: cells(members, 32), events: events(members) })),
});

/** The statistics of the recordings, as {@link readSums} reads them; undefined when nothing counts. */
export function recount(settings: EvidenceSettings, recordings: readonly Recording[]): unknown {
  const { cohortMs, task } = settings;
  const named = recordings.map((recording) => ({
    recording,
    step: recording.step,
    cohort: cohortMs === 0 ? 0 : Math.floor(recording.at / cohortMs),
  }));
  const strata = new Map(named.map(({ step, cohort }) => [JSON.stringify([step, cohort]), { step, cohort }]));
  const counted = [...strata.values()]
    .sort((a, b) => a.step - b.step || a.cohort - b.cohort)
    .map((stratum) => {
      const members = named
        .filter(({ step, cohort }) => step === stratum.step && cohort === stratum.cohort)
        .map(({ recording }) => recording);
      const arm = (of: 'canary' | 'production'): Told[] =>
        members.flatMap((one) => {
          if (one.kind === 'request' && one.arm === of)
            return told(settings, [one.outcome], true, { ...one.outcome, unit: one.unit });
          return one.kind === 'label' && one.arm === of
            ? told(settings, [{ prediction: one.label.prediction }], false, { ...one.label, unit: one.unit })
            : [];
        });
      const pairs = members.flatMap((one) => {
        const { unit } = one;
        if (one.kind === 'pair')
          return told(settings, [one.outcome.canary, one.outcome.production], true, { ...one.outcome, unit });
        if (one.kind !== 'pairLabel') return [];
        const { canaryPrediction, productionPrediction } = one.label;
        const answers = [{ prediction: canaryPrediction }, { prediction: productionPrediction }];
        return told(settings, answers, false, { ...one.label, unit });
      });
      const arms = { canary: arm('canary'), production: arm('production') };
      const isEmpty = [...arms.canary, ...arms.production, ...pairs].every(isIdle);
      return {
        isEmpty,
        statistics: {
          ...stratum,
          canary: armOf(arms.canary),
          production: armOf(arms.production),
          pairs: {
            value: values(pairs),
            latency: latency(pairs),
            all: pairTable(settings, pairs, 128),
            segments: bySegment(pairs, (part) => pairTable(settings, part, 32)),
          },
        },
      };
    })
    .filter(({ isEmpty }) => !isEmpty);
  const version: DeploymentStatistics['version'] = 1;
  return counted.length === 0 ? undefined : { version, task, strata: counted.map(({ statistics }) => statistics) };
}
