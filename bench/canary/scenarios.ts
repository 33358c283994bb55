import { createRandom, type Random } from '@bondx/mlops';
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
  readonly draw: (random: Random) => number;
  /** Routing keys; without, each request is a key. */
  readonly keys?: number;
  /** Labels come so many requests later on average, the later the larger the loss. */
  readonly labelDelay?: number;
}

const exponential = (random: Random): number => -Math.log(1 - random.next());
export const normal = (random: Random): number =>
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
  { ...base, name: 'delayed labels', labelDelay: 600 },
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
  const steps: StepLog[] = shares.map((share, step) => ({
    step,
    mode: 'split',
    share,
    beganAt: ((step * requests) / shares.length) * requestMs,
  }));
  const keys = keysOf(scenario, random.split('keys'));
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
    const failed =
      random.next() < scenario.errorRate(progress, random) * (key?.level ?? 1) * (isCanary ? effect.errors : 1);
    const loss = scenario.draw(random) * scenario.level(progress) * (key?.level ?? 1) * (isCanary ? effect.loss : 1);
    const at = i * requestMs;
    if (labelDelay === 0) collector.record(arm, step, unit, at, { prediction: loss, actual: 0, error: failed });
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

interface Key {
  readonly unit: number;
  readonly bucket: number;
  /** How much larger this key's losses and error rates are. */
  readonly level: number;
}

/** Keys differ in their level; keys early in the list send more requests. */
function keysOf({ keys }: Scenario, random: Random): readonly Key[] | undefined {
  if (keys === undefined) return undefined;
  return Array.from({ length: keys }, () => ({
    unit: Math.floor(random.next() * 2 ** 32),
    bucket: random.next(),
    level: Math.exp(normal(random) / 2),
  }));
}
