import { type DecisionInputs, noLimits } from '../../../src/canary/evidence/decision-inputs.js';
import { EvidenceCollector } from '../../../src/canary/evidence/evidence-collector.js';
import type { EvidenceSettings } from '../../../src/canary/evidence/evidence-settings.js';
import { noStatistics } from '../../../src/canary/evidence/merge-statistics.js';

export const regression: EvidenceSettings = {
  task: 'regression',
  cohortMs: 0,
  latencyBudgetMs: null,
  missBudget: null,
  lossBound: null,
};

/** What a decision at 0 is made from, of a step that splits the traffic evenly, after outcomes were collected. */
export function collectedInputs(
  fill: (collector: EvidenceCollector) => void,
  changes: Partial<DecisionInputs> = {},
): DecisionInputs {
  const { settings = regression } = changes;
  const collector = new EvidenceCollector(settings);
  fill(collector);
  return {
    version: 1,
    rules: 2,
    metrics: settings.task === 'regression' ? ['mae'] : ['accuracy'],
    promotionThreshold: 0.95,
    rollbackThreshold: 0.8,
    alpha: 0.05,
    minObservations: 1000,
    now: 0,
    evaluationWindowMs: 0,
    labelWindowMs: 0,
    settings,
    limits: noLimits,
    steps: [{ step: 0, mode: 'split', share: 0.5, beganAt: 0 }],
    halt: null,
    statistics: collector.take() ?? noStatistics(settings.task),
    ...changes,
  };
}
