import { type Random, createRandom } from '@bondx/mlops';
import { decide } from '../../src/canary/evidence/decide.js';
import { type DecisionInputs, type StepLog, noLimits } from '../../src/canary/evidence/decision-inputs.js';
import type { CanaryVerdict } from '../../src/canary/evidence/canary-verdict.js';
import { EvidenceCollector } from '../../src/canary/evidence/evidence-collector.js';
import { cohortLengthMs } from '../../src/canary/evidence/evidence-settings.js';
import { mergeStatistics, noStatistics } from '../../src/canary/evidence/merge-statistics.js';
import { replayDecision } from '../../src/canary/evidence/replay-decision.js';

/** How a canary differs from production: its losses and error rate are multiplied. */
export interface Effect {
  readonly loss: number;
  readonly errors: number;
}

type Draws = Pick<Random, 'next'>;

/** What traffic looks like. Shares, levels and rates are functions of how far the run is, from 0 to 1. */
export interface Scenario {
  readonly name: string;
  readonly requests: number;
  /** Shares of traffic, each for an equal part of the run. */
  readonly shares: readonly number[];
  /** Scale of the losses. */
  readonly level: (progress: number) => number;
  readonly errorRate: (progress: number, run: Random) => number;
  /** A loss of scale 1, at least 0. */
  readonly draw: (random: Draws) => number;
  /** Routing keys; without, each request is a key. */
  readonly keys?: number;
  /** Both models score each request, in all steps or in the first. */
  readonly shadow?: 'always' | 'first';
  /** A key's requests are one request sent again and again. */
  readonly isRepeated?: true;
  /** Labels come so many requests later on average, the later the larger the loss. */
  readonly labelDelay?: number;
}

const exponential = (random: Draws): number => -Math.log(1 - random.next());
export const normal = (random: Draws): number =>
  Math.sqrt(2 * exponential(random)) * Math.cos(2 * Math.PI * random.next());

const base = {
  requests: 10_000,
  shares: [0.5],
  level: () => 1,
  errorRate: () => 0.01,
  draw: exponential,
} satisfies Omit<Scenario, 'name'>;

export const scenarios: readonly Scenario[] = [
  { ...base, name: '50/50' },
  { ...base, name: '5%', shares: [0.05], requests: 30_000 },
  {
    ...base,
    name: 'ramp 1→50%, base rates drift',
    shares: [0.01, 0.05, 0.2, 0.5],
    level: (progress) => 1 + 3 * progress,
    errorRate: (progress) => 0.01 + 0.03 * progress,
  },
  { ...base, name: 'sticky keys', keys: 400 },
  { ...base, name: 'rare errors 0.1–1%', errorRate: (_progress, run) => 0.001 + 0.009 * run.split('errors').next() },
  { ...base, name: 'heavy-tailed losses', draw: (random) => Math.exp(normal(random)) },
  {
    ...base,
    name: '2%, rare large losses',
    shares: [0.02],
    requests: 60_000,
    draw: (random) => (random.next() < 0.001 ? 2000 : 1) * 2 * random.next(),
  },
  { ...base, name: '2%, few routing keys', shares: [0.02], requests: 60_000, keys: 200 },
  { ...base, name: 'delayed labels', labelDelay: 600 },
  { ...base, name: 'shadow', shadow: 'always' },
  { ...base, name: 'shadow, sticky keys', shadow: 'always', keys: 400 },
  { ...base, name: 'shadow, repeated requests', shadow: 'always', keys: 400, isRepeated: true },
  { ...base, name: 'shadow, then split', shadow: 'first', shares: [0.5, 0.5], requests: 20_000 },
];

const requestMs = 10_000;
const looks = 10;
export const alpha = 0.05;
export const promotionThreshold = 0.95;
export const rollbackThreshold = 0.8;

/** What the run decided, and after how many requests; `hold` when it never did. */
export interface RunResult {
  readonly verdict: CanaryVerdict['verdict'];
  readonly requests: number;
  /** Whether the decision, stored as JSON and computed again, came out the same to the bit. */
  readonly isReplayed: boolean;
}

/** One canary from its first request to a decision, looked at every 1,000 requests. */
export function simulate(scenario: Scenario, effect: Effect, seed: string, metrics: readonly string[]): RunResult {
  const random = createRandom(seed);
  const { requests, shares, labelDelay = 0 } = scenario;
  const labelWindowMs = labelDelay === 0 ? 0 : 5 * labelDelay * requestMs;
  const settings = {
    task: 'regression' as const,
    cohortMs: cohortLengthMs(labelWindowMs),
    latencyBudgetMs: null,
    missBudget: null,
    lossBound: null,
  };
  const isShadow = (step: number): boolean =>
    scenario.shadow === 'always' || (scenario.shadow === 'first' && step === 0);
  const steps: StepLog[] = shares.map((share, step) => ({
    step,
    mode: isShadow(step) ? 'shadow' : 'split',
    share,
    beganAt: ((step * requests) / shares.length) * requestMs,
  }));
  const keys = keysOf(scenario, random.split('keys'));
  /** The answer of one model to one request. */
  const answer = (progress: number, key: Key | undefined, isCanary: boolean): { loss: number; error: boolean } => {
    const of = key?.draws?.[isCanary ? 'canary' : 'production'] ?? random;
    const level = key?.level ?? 1;
    const error = of.next() < scenario.errorRate(progress, random) * level * (isCanary ? effect.errors : 1);
    return { loss: scenario.draw(of) * scenario.level(progress) * level * (isCanary ? effect.loss : 1), error };
  };
  const collector = new EvidenceCollector(settings);
  let statistics = noStatistics('regression');
  const waiting: (() => void)[][] = [];
  let isReplayed = false;
  for (let i = 0; i < requests; i++) {
    const progress = i / requests;
    const step = Math.floor(progress * shares.length);
    const key = keys === undefined ? undefined : keys[Math.floor(random.next() ** 2 * keys.length)]!;
    const bucket = key?.bucket ?? random.next();
    const unit = key?.unit ?? Math.floor(random.next() * 2 ** 32);
    const isCanary = bucket < shares[step]!;
    const arm = isCanary ? 'canary' : 'production';
    const { loss, error: failed } = answer(progress, key, isCanary);
    const at = i * requestMs;
    if (isShadow(step)) {
      const other = answer(progress, key, !isCanary);
      const [canary, production] = isCanary ? [{ loss, error: failed }, other] : [other, { loss, error: failed }];
      const pair = { canary: said(canary), production: said(production), actual: 0 };
      collector.recordPair(step, unit, at, pair);
    } else if (labelDelay === 0) collector.record(arm, step, unit, at, { prediction: loss, actual: 0, error: failed });
    else {
      collector.record(arm, step, unit, at, { prediction: loss, error: failed });
      const due = i + Math.min(5 * labelDelay, Math.floor(labelDelay * loss * exponential(random)));
      if (!failed)
        (waiting[due] ??= []).push(() => collector.recordLabel(arm, step, unit, at, { prediction: loss, actual: 0 }));
    }
    for (const label of waiting[i] ?? []) label();
    if ((i + 1) % (10_000 / looks) !== 0) continue;
    statistics = mergeStatistics(statistics, collector.take()!);
    const inputs: DecisionInputs = {
      version: 1,
      rules: 2,
      metrics,
      promotionThreshold,
      rollbackThreshold,
      alpha,
      minObservations: 1000,
      now: at,
      evaluationWindowMs: 0,
      labelWindowMs,
      settings,
      limits: noLimits,
      steps: steps.slice(0, step + 1),
      halt: null,
      statistics,
    };
    const decision = decide(inputs);
    const { verdict } = decision;
    if (verdict === 'hold' && i + 1 < requests) continue;
    isReplayed = replayDecision(JSON.parse(JSON.stringify({ ...decision, inputs })) as object).isSame;
    if (verdict !== 'hold') return { verdict, requests: i + 1, isReplayed };
  }
  return { verdict: 'hold', requests, isReplayed };
}

const said = ({ loss, error }: { loss: number; error: boolean }) => ({ prediction: loss, error });

interface Key {
  readonly unit: number;
  readonly bucket: number;
  /** How much larger this key's losses and error rates are. */
  readonly level: number;
  /** Where the answers of both models come from, the same for each request. */
  readonly draws?: { readonly canary: Draws; readonly production: Draws };
}

/** Keys differ in their level; keys early in the list send more requests. */
function keysOf({ keys, isRepeated }: Scenario, random: Random): readonly Key[] | undefined {
  if (keys === undefined) return undefined;
  return Array.from({ length: keys }, () => ({
    unit: Math.floor(random.next() * 2 ** 32),
    bucket: random.next(),
    level: Math.exp(normal(random) / 2),
    ...(isRepeated && { draws: { canary: repeating(random), production: repeating(random) } }),
  }));
}

/** Whether it fails, then its loss: two numbers, again and again. */
function repeating(random: Draws): Draws {
  const numbers = [random.next(), random.next()];
  let i = 0;
  return { next: () => numbers[i++ % 2]! };
}
