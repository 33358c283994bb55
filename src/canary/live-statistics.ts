import { type ArmStatistics, mergeStatistics, noStatistics } from './arm-statistics.js';
import { type Outcome, OutcomeCollector, type OutcomeDelta } from './outcomes.js';

/** What came of a deployment's requests, by the step in force when they were routed. */
export type StepStatistics = Readonly<Record<number, OutcomeDelta>>;

/** Collects the outcomes of one deployment in this process, step by step. */
export class LiveStatistics {
  readonly #collectors = new Map<number, OutcomeCollector>();

  constructor(
    private readonly candidateVersion: string,
    private readonly productionVersion: string,
    private readonly task: 'regression' | 'classification',
  ) {}

  record(step: number, outcome: Outcome): boolean {
    let collector = this.#collectors.get(step);
    if (collector === undefined) {
      collector = new OutcomeCollector(this.candidateVersion, this.productionVersion, this.task);
      this.#collectors.set(step, collector);
    }
    return collector.record(outcome);
  }

  /** What came since the last time, or undefined when nothing did. */
  take(): StepStatistics | undefined {
    const taken: Record<number, OutcomeDelta> = {};
    for (const [step, collector] of this.#collectors) {
      const delta = collector.take();
      if (delta !== undefined) taken[step] = delta;
    }
    return Object.keys(taken).length === 0 ? undefined : taken;
  }
}

export const noSteps: StepStatistics = {};

export function mergeSteps(a: StepStatistics, b: StepStatistics): StepStatistics {
  const merged: Record<number, OutcomeDelta> = { ...a };
  for (const [step, { canary, production }] of Object.entries(b)) {
    const before = merged[Number(step)];
    merged[Number(step)] = {
      canary: mergeStatistics(before?.canary ?? noStatistics, canary),
      production: mergeStatistics(before?.production ?? noStatistics, production),
    };
  }
  return merged;
}

/** All outcomes of both arms. */
export const countOutcomes = (statistics: StepStatistics): number =>
  Object.values(statistics).reduce((sum, { canary, production }) => sum + canary.outcomes + production.outcomes, 0);

/** Requests of one step that the candidate answered. */
export const requestsOfStep = (statistics: StepStatistics, step: number): number =>
  statistics[step]?.canary.outcomes ?? 0;

export function pool(statistics: StepStatistics): OutcomeDelta {
  let canary: ArmStatistics = noStatistics;
  let production: ArmStatistics = noStatistics;
  for (const step of Object.values(statistics)) {
    canary = mergeStatistics(canary, step.canary);
    production = mergeStatistics(production, step.production);
  }
  return { canary, production };
}
