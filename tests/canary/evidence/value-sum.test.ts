import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/canary/evidence/decide.js';
import { noLimits } from '../../../src/canary/evidence/decision-inputs.js';
import { EvidenceCollector } from '../../../src/canary/evidence/evidence-collector.js';
import { ValueSum } from '../../../src/canary/evidence/value-sum.js';
import { sumValue } from '../../../src/stats/exact-accumulator.js';

const sumOf = (...values: (number | undefined)[]): number => {
  const sum = new ValueSum();
  for (const value of values) sum.add(value);
  return sumValue(sum.take());
};

describe('the value of predictions', () => {
  it('adds up without its sign, and leaves out what is not known', () => {
    expect(sumOf(1.5, -2.25, undefined, NaN, -0)).toBe(3.75);
  });

  it('is as large as can be where one value is too large to be summed', () => {
    const largest = 2 ** 192 * (1 - 2 ** -53);
    for (const value of [Infinity, -Infinity, Number.MAX_VALUE, 2 ** 192, largest]) expect(sumOf(value)).toBe(largest);
    expect(sumOf(2 ** 191)).toBe(2 ** 191);
  });

  it('breaks a limit of the canary where it is infinite', () => {
    const settings = {
      task: 'regression',
      cohortMs: 0,
      latencyBudgetMs: null,
      missBudget: null,
      lossBound: null,
    } as const;
    const collector = new EvidenceCollector(settings);
    collector.record('canary', 0, 1, 0, { prediction: 1, value: Infinity });
    const decision = decide({
      version: 1,
      metrics: ['mae'],
      promotionThreshold: 0.95,
      rollbackThreshold: 0.8,
      alpha: 0.05,
      minObservations: 1000,
      now: 0,
      evaluationWindowMs: 0,
      labelWindowMs: 0,
      settings,
      limits: { ...noLimits, maxValue: 1e9 },
      steps: [{ step: 0, mode: 'split', share: 0.5, beganAt: 0 }],
      halt: null,
      statistics: collector.take()!,
    });
    expect(decision).toMatchObject({ verdict: 'rollback', cause: 'limit' });
  });
});
