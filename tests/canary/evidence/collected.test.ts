import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeploymentStatistics } from '../../../src/canary/evidence/deployment-statistics.js';
import { EvidenceCollector } from '../../../src/canary/evidence/evidence-collector.js';
import type { EvidenceSettings } from '../../../src/canary/evidence/evidence-settings.js';
import { mergeStatistics, noStatistics } from '../../../src/canary/evidence/merge-statistics.js';
import { readSums, recount } from './recount.js';
import { budgets, recording, tell } from './recordings.js';

const noBudgets = { latencyBudgetMs: null, missBudget: null, lossBound: null };
const settings: fc.Arbitrary<EvidenceSettings> = fc
  .record({
    task: fc.constantFrom('regression', 'classification'),
    cohortMs: fc.constantFrom(0, 1000),
  })
  .chain((fixed) => fc.constantFrom({ ...fixed, ...budgets }, { ...fixed, ...noBudgets }));

describe('what a collector takes', () => {
  it('is what a recount of everything recorded since the last time gives, and adds up to a recount of all', () => {
    const batch = fc.oneof(fc.constant([]), {
      weight: 3,
      arbitrary: fc.array(recording, { minLength: 20, maxLength: 40 }),
    });
    const flushes = fc.array(batch, { maxLength: 4 });
    fc.assert(
      fc.property(settings, flushes, (used, batches) => {
        const collector = new EvidenceCollector(used);
        const deltas: DeploymentStatistics[] = [];
        for (const batch of batches) {
          for (const one of batch) tell(collector, one);
          const taken = collector.take();
          expect(readSums(taken ?? null)).toEqual(recount(used, batch) ?? null);
          if (taken !== undefined) deltas.push(taken);
        }
        const all = deltas.reduce(mergeStatistics, noStatistics(used.task));
        expect(readSums(all)).toEqual(recount(used, batches.flat()) ?? noStatistics(used.task));
      }),
      { numRuns: 50 },
    );
  });
});
