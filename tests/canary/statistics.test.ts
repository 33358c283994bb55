import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketOf, saltSeed } from '../../src/canary/bucketing.js';
import { ArmCollector, mergeStatistics, noStatistics } from '../../src/canary/arm-statistics.js';
import { type DecisionInputs, decide } from '../../src/canary/decision.js';
import { sequenceRadius } from '../../src/stats/sequential/asymptotic-confidence-sequence.js';
import { logEvidenceOfMoreEvents } from '../../src/stats/sequential/event-e-process.js';
import { logSampleRatioEvidence } from '../../src/stats/sequential/sample-ratio.js';
import { createRandom } from '../../src/util/random.js';

describe('the asymptotic confidence sequence', () => {
  it('gives the published interval of a relative effect', () => {
    // GrowthBook's test of its sequential intervals: effect and variance of the ratio by the delta method.
    const a = { n: 3000, sum: 1396.87, squares: 52377.9767 };
    const b = { n: 3461, sum: 2422.7, squares: 134698.29 };
    const mean = (s: typeof a): number => s.sum / s.n;
    const variance = (s: typeof a): number => (s.squares - s.sum ** 2 / s.n) / (s.n - 1);
    const effect = (mean(b) - mean(a)) / mean(a);
    const squaredError = variance(b) / b.n / mean(a) ** 2 + (variance(a) / a.n) * (mean(b) ** 2 / mean(a) ** 4);
    const radius = sequenceRadius(a.n + b.n, squaredError, { alpha: 0.05, tunedFor: 1000 });
    expect(effect - radius).toBeCloseTo(-0.55844, 4);
    expect(effect + radius).toBeCloseTo(1.56516, 4);
  });
});

describe('the event e-process', () => {
  it('is an e-value: its mean over random arms of events is at most one', () => {
    const random = createRandom('null');
    const [share, events, runs] = [0.05, 30, 20_000];
    let sum = 0;
    for (let run = 0; run < runs; run++) {
      let canary = 0;
      for (let i = 0; i < events; i++) if (random.next() < share) canary++;
      sum += Math.exp(logEvidenceOfMoreEvents([{ share, canary, production: events - canary }]));
    }
    expect(sum / runs).toBeGreaterThan(0.5);
    expect(sum / runs).toBeLessThan(1.5);
  });

  it('grows when the canary errs more than its share', () => {
    expect(logEvidenceOfMoreEvents([{ share: 0.05, canary: 12, production: 28 }])).toBeGreaterThan(Math.log(20));
    expect(logEvidenceOfMoreEvents([{ share: 0.05, canary: 2, production: 38 }])).toBeLessThan(0);
    expect(logEvidenceOfMoreEvents([])).toBeCloseTo(0, 12);
  });
});

describe('the sample-ratio check', () => {
  it('gives the published values', () => {
    expect(logSampleRatioEvidence([2, 2, 1], [0.4, 0.4, 0.2], [1, 1, 1])).toBeCloseTo(-1.171119, 6);
    expect(logSampleRatioEvidence([60, 63, 32], [0.4, 0.4, 0.2], [1, 1, 1])).toBeCloseTo(-4.183814, 6);
  });
});

describe('bucketing', () => {
  it('is uniform: chi-square over 1,000 buckets of a million short keys', () => {
    const seed = saltSeed('deployment');
    const cells = new Float64Array(1000);
    for (let i = 0; i < 1_000_000; i++) cells[Math.floor(bucketOf(seed, String(i)) * 1000)]!++;
    const statistic = cells.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(statistic).toBeLessThan(1142); // 99.9th percentile with 999 degrees of freedom
    expect(statistic).toBeGreaterThan(863);
  });

  it('hashes UTF-8, as FNV-1a and fmix32 define it', () => {
    const reference = (text: string): number => {
      let h = 0x811c9dc5;
      for (const byte of Buffer.from(`s/${text}`, 'utf8')) h = Math.imul(h ^ byte, 0x01000193) >>> 0;
      h = Math.imul(h ^ (h >>> 16), 0x85ebca6b) >>> 0;
      h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35) >>> 0;
      return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
    };
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (key) => {
        expect(bucketOf(saltSeed('s'), key)).toBe(reference(key));
      }),
    );
  });

  it('is independent between deployments', () => {
    const [a, b] = [saltSeed('a'), saltSeed('b')];
    let both = 0;
    for (let i = 0; i < 100_000; i++) if (bucketOf(a, `k${i}`) < 0.1 && bucketOf(b, `k${i}`) < 0.1) both++;
    expect(Math.abs(both - 1000)).toBeLessThan(4 * Math.sqrt(990));
  });
});

describe('arm statistics', () => {
  it('add up the same in any split', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1000, max: 1000 })), fc.nat(), (values, cut) => {
        const collect = (part: readonly number[]) => {
          const arm = new ArmCollector();
          for (const value of part) {
            arm.countOutcome(value < 0);
            arm.add(0, value);
          }
          return arm.take();
        };
        const at = values.length === 0 ? 0 : cut % values.length;
        expect(mergeStatistics(collect(values.slice(0, at)), collect(values.slice(at)))).toEqual(
          mergeStatistics(noStatistics, collect(values)),
        );
      }),
    );
  });
});

describe('a decision', () => {
  const arm = (n: number, mean: number, sd: number) => ({ n, sum: n * mean, squares: n * (sd * sd + mean * mean) });
  const inputs = (canary: number, production: number, extra: Partial<DecisionInputs> = {}): DecisionInputs => ({
    task: 'regression',
    metrics: ['mae', 'accuracy'],
    promotionThreshold: 0.95,
    rollbackThreshold: 0.8,
    alpha: 0.05,
    trafficFraction: 0.5,
    minObservations: 1000,
    canary: { outcomes: 5000, errors: 0, measures: { absoluteError: arm(5000, canary, 1) } },
    production: { outcomes: 5000, errors: 0, measures: { absoluteError: arm(5000, production, 1) } },
    ...extra,
  });

  it('promotes what is proved good enough', () => {
    const verdict = decide(inputs(2, 2.1));
    expect(verdict).toMatchObject({ verdict: 'promote' });
    expect(verdict.metrics.map(({ metric, status }) => [metric, status])).toEqual([
      ['mae', 'good_enough'],
      ['accuracy', 'not_applicable'],
    ]);
  });

  it('rolls back what is proved harmful', () => {
    expect(decide(inputs(3, 2))).toMatchObject({ verdict: 'rollback' });
  });

  it.each([
    [1.05, 'good_enough'],
    [1.4, 'undecided'], // RMSE 1.18 times as large: worse than 0.95, not as bad as 0.8
    [1.7, 'harmful'],
  ])('takes thresholds of RMSE as ratios of RMSE: a mean squared error %f times as large is %s', (ratio, status) => {
    const side = (mean: number) => ({
      outcomes: 200_000,
      errors: 0,
      measures: { squaredError: arm(200_000, mean, 1) },
    });
    const verdict = decide(inputs(0, 0, { metrics: ['rmse'], canary: side(ratio), production: side(1) }));
    expect(verdict.metrics[0]!.status).toBe(status);
  });

  it('holds in between, without data, and when nothing applies', () => {
    expect(decide(inputs(2.25, 2)).verdict).toBe('hold');
    const none = { outcomes: 0, errors: 0, measures: {} };
    expect(decide(inputs(2, 2, { canary: none, production: none })).verdict).toBe('hold');
    expect(decide(inputs(2, 2.1, { metrics: ['accuracy'] })).reason).toContain('none of canary.evaluation_metrics');
  });

  it('does not trust means of a small arm, however clear', () => {
    const small = { outcomes: 999, errors: 0, measures: { absoluteError: arm(999, 1, 0.1) } };
    expect(decide(inputs(1, 100, { canary: small, trafficFraction: 999 / 5999 })).verdict).toBe('hold');
  });

  it('rolls back on errors with few requests', () => {
    const failing = { outcomes: 12, errors: 12, measures: {} };
    const fine = { outcomes: 10, errors: 0, measures: {} };
    expect(decide(inputs(2, 2, { canary: failing, production: fine }))).toMatchObject({
      verdict: 'rollback',
      reason: expect.stringContaining('12 errors in 12') as string,
    });
  });

  it('holds when the arms do not get their share', () => {
    const verdict = decide(inputs(2, 2.1, { trafficFraction: 0.4 }));
    expect(verdict).toMatchObject({ verdict: 'hold' });
    expect(verdict.reason).toContain('do not get their share');
  });

  it('judges classifications by rates', () => {
    const rate = (n: number, p: number) => ({ n, sum: n * p, squares: n * p });
    const measures = (p: number) => ({
      correct: rate(20_000, p),
      precision: rate(5000, p),
      recall: rate(5000, p),
      jaccard: rate(7000, p),
    });
    const metrics = ['accuracy', 'precision', 'recall', 'f1_score'];
    const of = (canary: number, production: number) =>
      decide(
        inputs(0, 0, {
          task: 'classification',
          metrics,
          canary: { outcomes: 20_000, errors: 0, measures: measures(canary) },
          production: { outcomes: 20_000, errors: 0, measures: measures(production) },
        }),
      );
    expect(of(0.9, 0.9).verdict).toBe('promote');
    expect(of(0.6, 0.9).verdict).toBe('rollback');
  });

  it('is wrong in at most 5% of harmless canaries looked at again and again', () => {
    let wrong = 0;
    for (let run = 0; run < 200; run++) {
      const random = createRandom(`aa/${run}`);
      const arms = [new ArmCollector(), new ArmCollector()] as const;
      let canary = noStatistics;
      let production = noStatistics;
      for (let i = 1; i <= 10_000; i++) {
        const side = random.next() < 0.5 ? 0 : 1;
        const error = random.next() < 0.005;
        arms[side].countOutcome(error);
        arms[side].add(0, -Math.log(random.next())); // exponential losses, the same in both arms
        if (i % 500 !== 0) continue;
        canary = mergeStatistics(canary, arms[0].take());
        production = mergeStatistics(production, arms[1].take());
        if (decide(inputs(0, 0, { canary, production })).verdict === 'rollback') {
          wrong++;
          break;
        }
      }
    }
    expect(wrong).toBeLessThanOrEqual(10);
  });
});
