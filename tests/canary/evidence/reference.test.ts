import { describe, expect, it } from 'vitest';
import type { CanaryVerdict, Estimate } from '../../../src/canary/evidence/canary-verdict.js';
import { decide } from '../../../src/canary/evidence/decide.js';
import { type DecisionInputs, noLimits } from '../../../src/canary/evidence/decision-inputs.js';
import type { DeploymentStatistics } from '../../../src/canary/evidence/deployment-statistics.js';
import { EvidenceCollector } from '../../../src/canary/evidence/evidence-collector.js';
import { type TrafficCase, recordTraffic } from '../../reference/canary-traffic.js';
import { referenceCases } from '../../stats/reference.js';

interface Case extends TrafficCase {
  readonly name: string;
  readonly metrics: readonly string[];
  readonly latencyBudgetMs?: number;
  readonly missBudget?: number;
  readonly lossBound?: number;
  readonly labelWindowMs?: number;
  readonly now?: number;
  /** null: of decisions that were made before rules had a number. */
  readonly rules: 2 | null;
  /** As statistics were stored before pairs were counted by key. */
  readonly withoutKeys?: boolean;
  readonly expected: Pick<CanaryVerdict, 'verdict' | 'cause' | 'labelJoin'> & {
    readonly metrics: readonly {
      readonly metric: string;
      readonly status: string;
      readonly good?: number;
      readonly harm?: number;
      readonly needed?: number | null;
      readonly canary?: Estimate | null;
      readonly production?: Estimate | null;
    }[];
    readonly guardrails: readonly {
      readonly guardrail: string;
      readonly isHarmful: boolean;
      readonly logEvidence: number;
      readonly canary: { readonly requests: number; readonly events: number };
      readonly production: { readonly requests: number; readonly events: number };
    }[];
    readonly segments: readonly {
      readonly segment: string;
      readonly logEvidence: number;
      readonly isHarmful: boolean;
    }[];
    readonly sampleRatio: number;
  };
}

function inputsOf(one: Case): DecisionInputs {
  const { task, cohortMs = 0, latencyBudgetMs = null, missBudget = null, lossBound = null } = one;
  const settings = { task, cohortMs, latencyBudgetMs, missBudget, lossBound };
  const collector = new EvidenceCollector(settings);
  recordTraffic(collector, one);
  const statistics = JSON.parse(
    JSON.stringify(collector.take(), (name, value: unknown) =>
      one.withoutKeys === true && name === 'keys' ? undefined : value,
    ),
  ) as DeploymentStatistics;
  return {
    version: 1,
    ...(one.rules === 2 && { rules: one.rules }),
    metrics: one.metrics,
    promotionThreshold: 0.95,
    rollbackThreshold: 0.8,
    alpha: 0.05,
    minObservations: 1000,
    now: one.now ?? 0,
    evaluationWindowMs: 0,
    labelWindowMs: one.labelWindowMs ?? 0,
    settings,
    limits: noLimits,
    steps: one.steps.map((step, i) => ({ step: i, ...step, beganAt: 0 })),
    halt: null,
    statistics,
  };
}

/** To nine digits; of ln Γ of large arguments eight places are left. */
const near = (value: number | null, expected: number | null | undefined, places = 1e-9): void => {
  if (value === null || expected === null || expected === undefined) expect(value).toBe(expected ?? null);
  else
    expect(Math.abs(value - expected), `${value}, not ${expected}`).toBeLessThanOrEqual(
      places * (1 + Math.abs(expected)),
    );
};

function expectEstimate(found: Estimate | null, expected: Estimate | null | undefined): void {
  expect(found?.n ?? null).toBe(expected?.n ?? null);
  near(found?.mean ?? null, expected?.mean);
}

describe('decisions agree with their formulas over single outcomes', () => {
  it.each(referenceCases<Case>('canary').map((one) => [one.name, one] as const))('%s', (_, one) => {
    const { expected } = one;
    const found = decide(inputsOf(one));
    for (const [i, metric] of expected.metrics.entries()) {
      const { status, ...evidence } = found.metrics[i]!;
      expect([evidence.metric, status]).toEqual([metric.metric, metric.status]);
      near(evidence.logEvidenceGoodEnough, metric.good ?? 0);
      near(evidence.logEvidenceHarmful, metric.harm ?? 0);
      expectEstimate(evidence.canary, metric.canary);
      expectEstimate(evidence.production, metric.production);
      if (metric.needed === null || metric.needed === undefined) expect(evidence.needed).toBeNull();
      else expect(evidence.needed! / metric.needed).toBeCloseTo(1, 2); // searched for to a thousandth
    }
    expect(found.metrics).toHaveLength(expected.metrics.length);
    expect(
      found.guardrails.map(({ guardrail, status, canary, production }) => ({
        ...{ guardrail, isHarmful: status === 'harmful', canary, production },
      })),
    ).toEqual(expected.guardrails.map(({ logEvidence: _evidence, ...rest }) => rest));
    for (const [i, { logEvidence }] of expected.guardrails.entries())
      near(found.guardrails[i]!.logEvidence, logEvidence);
    expect(found.segments.map(({ segment, isHarmful }) => [segment, isHarmful])).toEqual(
      expected.segments.map(({ segment, isHarmful }) => [segment, isHarmful]),
    );
    for (const [i, { logEvidence }] of expected.segments.entries()) near(found.segments[i]!.logEvidence, logEvidence);
    near(found.sampleRatio.logEvidence, expected.sampleRatio, 1e-8);
    expect(found.labelJoin.status).toBe(expected.labelJoin.status);
    near(found.labelJoin.canary, expected.labelJoin.canary);
    near(found.labelJoin.production, expected.labelJoin.production);
    near(found.labelJoin.logEvidence, expected.labelJoin.logEvidence, 1e-8);
    expect([found.verdict, found.cause]).toEqual([expected.verdict, expected.cause]);
  });
});
