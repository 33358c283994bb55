import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeploymentStatistics } from '../../../src/canary/evidence/deployment-statistics.js';
import { EvidenceCollector } from '../../../src/canary/evidence/evidence-collector.js';
import type { EvidenceSettings } from '../../../src/canary/evidence/evidence-settings.js';
import { mergeStatistics, noStatistics } from '../../../src/canary/evidence/merge-statistics.js';
import type { PairedOutcome, RequestOutcome } from '../../../src/canary/evidence/outcome.js';
import { assertJson } from '../../../src/util/json.js';

const settings = (task: EvidenceSettings['task']): EvidenceSettings => ({
  task,
  cohortMs: 1000,
  latencyBudgetMs: 50,
  missBudget: 2,
  lossBound: 100,
});

type Step = (collector: EvidenceCollector) => void;

const number = fc.oneof(
  fc.double({ min: -1e3, max: 1e3, noNaN: true }),
  fc.constantFrom(0, 1, 0.1, 1e-9, 1e12, 1e40, NaN, Infinity),
);
const outcome: fc.Arbitrary<RequestOutcome> = fc.record(
  {
    prediction: number,
    actual: number,
    latencyMs: number,
    error: fc.boolean(),
    value: number,
    segment: fc.constantFrom('energy', 'utilities', '__proto__', '7'),
  },
  { requiredKeys: [] },
);
const pair = fc.record(
  { canary: outcome, production: outcome, actual: number, value: number, segment: fc.constantFrom('energy', 'banks') },
  { requiredKeys: ['canary', 'production'] },
) as fc.Arbitrary<PairedOutcome>;
const place = {
  arm: fc.constantFrom('canary' as const, 'production' as const),
  step: fc.nat(2),
  unit: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  at: fc.nat(2500),
};
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ ...place, outcome }).map(
    (a): Step =>
      (collector) =>
        collector.record(a.arm, a.step, a.unit, a.at, a.outcome),
  ),
  fc.record({ ...place, prediction: number, actual: number }).map(
    ({ arm, step, unit, at, prediction, actual }): Step =>
      (collector) =>
        collector.recordLabel(arm, step, unit, at, { prediction, actual, segment: 'energy' }),
  ),
  fc.record({ ...place, pair }).map(
    (a): Step =>
      (collector) =>
        collector.recordPair(a.step, a.unit, a.at, a.pair),
  ),
  fc.record({ ...place, canaryPrediction: number, productionPrediction: number, actual: number }).map(
    ({ step, unit, at, ...label }): Step =>
      (collector) =>
        collector.recordPairLabel(step, unit, at, label),
  ),
);

function collect(task: EvidenceSettings['task'], steps: readonly Step[]): DeploymentStatistics {
  const collector = new EvidenceCollector(settings(task));
  for (const one of steps) one(collector);
  return collector.take() ?? noStatistics(task);
}

const text = (statistics: DeploymentStatistics): string => JSON.stringify(statistics);

describe('statistics of outcomes', () => {
  it.each(['regression', 'classification'] as const)(
    'are the same to the bit in one batch, in flushes and merged across processes in any order (%s)',
    (task) => {
      const recorded = fc.array(fc.tuple(step, fc.nat(3), fc.nat(9), fc.nat()), { maxLength: 120 });
      fc.assert(
        fc.property(recorded, fc.nat(), (steps, rotation) => {
          const batch = collect(
            task,
            steps.map(([one]) => one),
          );
          const processes = Array.from({ length: 4 }, () => new EvidenceCollector(settings(task)));
          const deltas: DeploymentStatistics[] = [];
          for (const [one, process, flush] of [...steps].sort((a, b) => a[3] - b[3])) {
            one(processes[process]!);
            const delta = flush === 0 ? processes[process]!.take() : undefined;
            if (delta !== undefined) deltas.push(JSON.parse(text(delta)) as DeploymentStatistics);
          }
          for (const process of processes) deltas.push(process.take() ?? noStatistics(task));
          const from = rotation % deltas.length;
          const shuffled = [...deltas.slice(from), ...deltas.slice(0, from)];
          expect(text(shuffled.reduce(mergeStatistics))).toBe(text(batch));
          expect(text(shuffled.reduceRight((right, left) => mergeStatistics(left, right)))).toBe(text(batch));
        }),
        { numRuns: 150 },
      );
    },
  );

  it('can be stored whatever was recorded', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        expect(() => assertJson(collect('regression', steps))).not.toThrow();
      }),
      { numRuns: 50 },
    );
  });

  it('that could not be stored come again with the next ones', () => {
    const collector = new EvidenceCollector(settings('regression'));
    const outcomes = [1, 2, 3].map((prediction) => ({ prediction, actual: 0.1 }));
    collector.record('canary', 0, 1, 0, outcomes[0]!);
    const first = collector.take()!;
    collector.record('canary', 0, 2, 0, outcomes[1]!);
    collector.restore(first);
    collector.restore(collector.take()!);
    collector.record('production', 0, 3, 0, outcomes[2]!);
    const all = collector.take()!;
    expect(text(all)).toBe(
      text(
        collect('regression', [
          (c) => c.record('canary', 0, 1, 0, outcomes[0]!),
          (c) => c.record('canary', 0, 2, 0, outcomes[1]!),
          (c) => c.record('production', 0, 3, 0, outcomes[2]!),
        ]),
      ),
    );
    expect(collector.take()).toBeUndefined();
  });
});
