import { describe, expect, it } from 'vitest';
import type { DecisionInputs, StepLog } from '../../../src/canary/evidence/decision-inputs.js';
import type { StratumStatistics } from '../../../src/canary/evidence/deployment-statistics.js';
import type { EvidenceCollector } from '../../../src/canary/evidence/evidence-collector.js';
import { groupCount, groupOf, remix, segmentGroupCount } from '../../../src/canary/evidence/key-groups.js';
import { errorRate, metricMeasures } from '../../../src/canary/evidence/measures.js';
import {
  groupsOf,
  ofSegment,
  ripeStrata,
  shadowPairs,
  sortStrata,
  splitStrata,
} from '../../../src/canary/evidence/ripe-strata.js';
import { collectedInputs, regression } from './inputs.js';

const cohortMs = 1000;

const inputsOf = (
  fill: (collector: EvidenceCollector) => void,
  changes: Partial<DecisionInputs> = {},
): DecisionInputs => collectedInputs(fill, { settings: { ...regression, cohortMs }, steps: [], ...changes });

const step = (number: number, mode: StepLog['mode']): StepLog => ({ step: number, mode, share: 0.5, beganAt: 0 });
const pair = { canary: { prediction: 1 }, production: { prediction: 2 }, actual: 0 };
const places = (strata: readonly StratumStatistics[]): string[] => strata.map((one) => `${one.step}/${one.cohort}`);

describe('strata', () => {
  it('are of one model where the step splits, of two where there are pairs, of neither where no step is logged', () => {
    const inputs = inputsOf(
      (collector) => {
        for (const number of [0, 1, 2]) {
          collector.record('canary', number, 1, 0, {});
          collector.recordPair(number, 1, 0, pair);
        }
        collector.record('production', 0, 1, cohortMs, {});
        collector.record('production', 1, 1, cohortMs, {});
      },
      { steps: [step(0, 'shadow'), step(1, 'split')] },
    );
    const { split, shadow } = sortStrata(inputs);
    expect(places(split)).toEqual(['1/0', '1/1']);
    expect(places(shadow)).toEqual(['0/0', '1/0']);
  });

  it('are ripe from the moment the label window of their last request is over', () => {
    const fill = (collector: EvidenceCollector): void => {
      for (const cohort of [0, 1, 2]) {
        collector.record('canary', 1, 1, cohort * cohortMs, {});
        collector.recordPair(0, 1, cohort * cohortMs, pair);
      }
    };
    const steps = [step(0, 'shadow'), step(1, 'split')];
    const ripe = (now: number): string[][] => {
      const inputs = inputsOf(fill, { steps, labelWindowMs: 5000, now });
      const { split, shadow } = ripeStrata(sortStrata(inputs), inputs);
      return [places(split), places(shadow)];
    };
    expect(ripe(5999)).toEqual([[], []]);
    expect(ripe(6000)).toEqual([['1/0'], ['0/0']]);
    expect(ripe(7999)).toEqual([
      ['1/0', '1/1'],
      ['0/0', '0/1'],
    ]);
  });

  it('are ripe at once where labels come with the outcome', () => {
    const inputs = inputsOf((collector) => collector.record('canary', 0, 1, 123, {}), { steps: [step(0, 'split')] });
    const settings = { ...inputs.settings, cohortMs: 0 };
    const sorted = sortStrata(inputs);
    expect(ripeStrata(sorted, { ...inputs, settings, labelWindowMs: 5000 })).toEqual(sorted);
    expect(places(sorted.split)).toEqual(['0/0']);
  });
});

describe('a measure of both arms', () => {
  const units = [3, 5, 8, 13];
  const { statistics } = inputsOf((collector) => {
    for (const unit of units) {
      collector.record('canary', 0, unit, 0, { prediction: unit, actual: 0, segment: 'energy' });
      collector.record('canary', 0, unit, 0, { error: true });
      collector.record('production', 0, unit, 0, { prediction: 0, actual: 1, segment: 'energy' });
      collector.record('canary', 1, unit, 0, { error: true, segment: 'energy' });
      collector.record('production', 1, unit, 0, { segment: 'banks' });
      collector.record('production', 2, unit, 0, { segment: 'energy' });
    }
  });
  const sums = (groups: number, of: (unit: number) => number): number[] => {
    const expected = Array<number>(groups).fill(0);
    for (const unit of units) expected[groupOf(remix(unit), groups)]! += of(unit);
    return expected;
  };
  const plain = (strata: ReturnType<typeof splitStrata>): unknown =>
    strata.map(({ canary, production }) => [canary, production].map(({ counts, sums }) => [[...counts], [...sums]]));

  it('is taken by key group in every stratum', () => {
    const none = sums(groupCount, () => 0);
    const once = sums(groupCount, () => 1);
    const twice = sums(groupCount, () => 2);
    expect(plain(splitStrata(statistics.strata, errorRate))).toEqual([
      [
        [twice, once],
        [once, none],
      ],
      [
        [once, once],
        [once, none],
      ],
      [
        [none, none],
        [once, none],
      ],
    ]);
  });

  it('of a segment is taken where both arms have it', () => {
    const once = sums(segmentGroupCount, () => 1);
    const losses = sums(segmentGroupCount, (unit) => unit);
    expect(plain(splitStrata(statistics.strata, metricMeasures['mae']!, 'energy'))).toEqual([
      [
        [once, losses],
        [once, once],
      ],
    ]);
    expect(splitStrata(statistics.strata, errorRate, 'toString')).toEqual([]);
    expect([groupsOf(undefined), groupsOf('energy')]).toEqual([groupCount, segmentGroupCount]);
  });
});

describe('pairs of all strata', () => {
  const { statistics } = inputsOf((collector) => {
    collector.recordPair(0, 1, 0, { ...pair, segment: 'energy' });
    collector.recordPair(0, 2, cohortMs, { ...pair, segment: 'banks' });
    collector.recordPair(0, 2, 2 * cohortMs, { ...pair, segment: 'banks' });
  });

  it('are together, or those of one segment', () => {
    expect(shadowPairs(statistics.strata)).toMatchObject({ requests: 3, labels: 3 });
    expect(shadowPairs(statistics.strata, 'banks')).toMatchObject({ requests: 2, labels: 2 });
    expect(shadowPairs(statistics.strata, 'energy')).toEqual(statistics.strata[0]!.pairs.segments['energy']);
  });

  it('are none without strata, and in a segment that has none, whatever it is called', () => {
    expect(shadowPairs([])).toBeUndefined();
    expect(shadowPairs(statistics.strata, 'utilities')).toBeUndefined();
    expect(shadowPairs(statistics.strata, 'toString')).toBeUndefined();
    expect(ofSegment({ banks: 1 }, 'hasOwnProperty')).toBeUndefined();
    expect(ofSegment({ banks: 1 }, 'banks')).toBe(1);
  });
});
