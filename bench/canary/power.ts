import { type Random, createRandom } from '@bondx/mlops';
import { decide } from '../../src/canary/evidence/decide.js';
import { type DecisionInputs, type StepLog, noLimits } from '../../src/canary/evidence/decision-inputs.js';
import { EvidenceCollector } from '../../src/canary/evidence/evidence-collector.js';
import type { EvidenceSettings } from '../../src/canary/evidence/evidence-settings.js';
import { mergeStatistics, noStatistics } from '../../src/canary/evidence/merge-statistics.js';
import { normalQuantile } from '../../src/stats/distributions/normal.js';
import { alpha, promotionThreshold, rollbackThreshold } from './scenarios.js';

const settings: EvidenceSettings = {
  task: 'classification',
  cohortMs: 0,
  latencyBudgetMs: null,
  missBudget: null,
  lossBound: null,
};

type Question = 'errors 1% → 3%' | 'both 90% accurate: 95% non-inferiority';
const mostRequests = 20_000;

interface Traffic {
  readonly name: string;
  readonly mode: StepLog['mode'];
  readonly share: number;
  readonly look: number;
}

const traffic: readonly Traffic[] = [
  { name: 'shadow', mode: 'shadow', share: 1, look: 50 },
  { name: '50/50', mode: 'split', share: 0.5, look: 200 },
  { name: '5%', mode: 'split', share: 0.05, look: 500 },
];

/** Requests needed, as a table; shadow first. */
export function powerTable(runs: number): Record<string, string | number>[] {
  return (['errors 1% → 3%', 'both 90% accurate: 95% non-inferiority'] as const).flatMap((question) =>
    traffic.map((kind) => {
      const needed = Array.from({ length: runs }, (_, run) => requestsUntil(question, kind, run)).sort((a, b) => a - b);
      const at80 = needed[Math.ceil(0.8 * runs) - 1]!;
      return {
        question,
        traffic: kind.name,
        'requests, 80% of runs': at80 > mostRequests ? `more than ${mostRequests}` : at80,
        'fixed z test, one look': kind.mode === 'shadow' ? '—' : zTest(question, kind.share),
      };
    }),
  );
}

/** Requests of a two-sample z test of level α, planned for 80% power and looked at once. */
function zTest(question: Question, share: number): number {
  const [canary, production, factor] = question.startsWith('errors')
    ? [0.03, 0.01, 1 / rollbackThreshold]
    : [0.9, 0.9, promotionThreshold];
  const variance = (canary * (1 - canary)) / share + (factor ** 2 * production * (1 - production)) / (1 - share);
  const quantiles = normalQuantile(1 - alpha) + normalQuantile(0.8);
  return Math.ceil((quantiles ** 2 * variance) / (canary - factor * production) ** 2);
}

const unitOf = (random: Random): number => Math.floor(random.next() * 2 ** 32);

function requestsUntil(question: Question, { mode, share, look }: Traffic, run: number): number {
  const random = createRandom(`${question}/${mode}/${share}/${run}`);
  const isErrors = question.startsWith('errors');
  const collector = new EvidenceCollector(settings);
  const answer = (isCanary: boolean): { prediction: number; error: boolean } => ({
    prediction: Number(isErrors || random.next() < 0.9),
    error: isErrors && random.next() < (isCanary ? 0.03 : 0.01),
  });
  let statistics = noStatistics('classification');
  for (let i = 1; i <= mostRequests; i++) {
    if (mode === 'shadow')
      collector.recordPair(0, unitOf(random), 0, { canary: answer(true), production: answer(false), actual: 1 });
    else {
      const isCanary = random.next() < share;
      collector.record(isCanary ? 'canary' : 'production', 0, unitOf(random), 0, { ...answer(isCanary), actual: 1 });
    }
    if (i % look !== 0) continue;
    statistics = mergeStatistics(statistics, collector.take()!);
    const inputs: DecisionInputs = {
      version: 1,
      metrics: ['accuracy'],
      promotionThreshold,
      rollbackThreshold,
      alpha,
      minObservations: 1000,
      now: 0,
      evaluationWindowMs: 0,
      labelWindowMs: 0,
      settings,
      limits: noLimits,
      steps: [{ step: 0, mode, share, beganAt: 0 }],
      halt: null,
      statistics,
    };
    if (decide(inputs).verdict === (isErrors ? 'rollback' : 'promote')) return i;
  }
  return mostRequests + 1;
}
