import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeploymentStatistics } from '../../../src/canary/evidence/deployment-statistics.js';
import { EvidenceCollector } from '../../../src/canary/evidence/evidence-collector.js';
import type { EvidenceSettings } from '../../../src/canary/evidence/evidence-settings.js';
import { mergeStatistics, noStatistics } from '../../../src/canary/evidence/merge-statistics.js';
import { assertJson } from '../../../src/util/json.js';
import { type Recording, budgets, recording, tell } from './recordings.js';

const settings = (task: EvidenceSettings['task']): EvidenceSettings => ({
  task,
  cohortMs: 1000,
  ...budgets,
});

function collect(task: EvidenceSettings['task'], recordings: readonly Recording[]): DeploymentStatistics {
  const collector = new EvidenceCollector(settings(task));
  for (const one of recordings) tell(collector, one);
  return collector.take() ?? noStatistics(task);
}

const text = (statistics: DeploymentStatistics): string => JSON.stringify(statistics);

describe('statistics of outcomes', () => {
  it.each(['regression', 'classification'] as const)(
    'are the same to the bit in one batch, in flushes and merged across processes in any order (%s)',
    (task) => {
      const recorded = fc.array(fc.tuple(recording, fc.nat(3), fc.nat(9), fc.nat()), { maxLength: 120 });
      fc.assert(
        fc.property(recorded, fc.nat(), (steps, rotation) => {
          const batch = collect(
            task,
            steps.map(([one]) => one),
          );
          const processes = Array.from({ length: 4 }, () => new EvidenceCollector(settings(task)));
          const deltas: DeploymentStatistics[] = [];
          for (const [one, process, flush] of [...steps].sort((a, b) => a[3] - b[3])) {
            tell(processes[process]!, one);
            const delta = flush === 0 ? processes[process]!.take() : undefined;
            if (delta !== undefined) deltas.push(JSON.parse(text(delta)) as DeploymentStatistics);
          }
          for (const process of processes) deltas.push(process.take() ?? noStatistics(task));
          const from = rotation % deltas.length;
          const shuffled = [...deltas.slice(from), ...deltas.slice(0, from)];
          expect(text(shuffled.reduce(mergeStatistics))).toBe(text(batch));
          expect(text(shuffled.reduceRight((right, left) => mergeStatistics(left, right)))).toBe(text(batch));
        }),
        { numRuns: 75 },
      );
    },
  );

  it('can be stored whatever was recorded', () => {
    fc.assert(
      fc.property(fc.array(recording, { maxLength: 40 }), (recordings) => {
        expect(() => assertJson(collect('regression', recordings))).not.toThrow();
      }),
      { numRuns: 50 },
    );
  });

  it('that could not be stored come again with the next ones', () => {
    const collector = new EvidenceCollector(settings('regression'));
    const [first, second, third] = [1, 2, 3].map((prediction): Recording => {
      const arm = prediction === 3 ? 'production' : 'canary';
      return { kind: 'request', arm, step: 0, unit: prediction, at: 0, outcome: { prediction, actual: 0.1 } };
    }) as [Recording, Recording, Recording];
    tell(collector, first);
    const lost = collector.take()!;
    tell(collector, second);
    const lostNext = collector.take()!;
    collector.restore(lost);
    collector.restore(lostNext);
    collector.restore(collector.take()!);
    tell(collector, third);
    expect(text(collector.take()!)).toBe(text(collect('regression', [first, second, third])));
    expect(collector.take()).toBeUndefined();
  });
});
