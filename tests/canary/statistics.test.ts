import { describe, expect, it } from 'vitest';
import { bucketOf, saltSeed } from '../../src/canary/bucketing.js';
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

  it('is independent between deployments', () => {
    const [a, b] = [saltSeed('a'), saltSeed('b')];
    let both = 0;
    for (let i = 0; i < 100_000; i++) if (bucketOf(a, `k${i}`) < 0.1 && bucketOf(b, `k${i}`) < 0.1) both++;
    expect(Math.abs(both - 1000)).toBeLessThan(4 * Math.sqrt(990));
  });
});
