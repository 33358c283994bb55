import { describe, expect, it } from 'vitest';
import {
  logAsymptoticEvidence,
  sequencePValue,
  sequenceRadius,
  sequenceRadiusOneSided,
} from '../../../src/stats/sequential/asymptotic-confidence-sequence.js';
import { averageEvidence } from '../../../src/stats/sequential/average-evidence.js';
import { logBetaBinomialEvidence } from '../../../src/stats/sequential/beta-binomial-mixture.js';
import { logBettingEvidence } from '../../../src/stats/sequential/betting-e-process.js';
import { eBenjaminiHochberg } from '../../../src/stats/sequential/e-benjamini-hochberg.js';
import { logEvidenceOfFewerEvents, logEvidenceOfMoreEvents } from '../../../src/stats/sequential/event-e-process.js';
import {
  gammaExponentialBound,
  logGammaExponentialEvidence,
} from '../../../src/stats/sequential/gamma-exponential-mixture.js';
import {
  logPairedEvidence,
  pairedConfidenceSequence,
} from '../../../src/stats/sequential/paired-confidence-sequence.js';
import { quantileInterval } from '../../../src/stats/sequential/quantile-sequence.js';
import { logSampleRatioEvidence } from '../../../src/stats/sequential/sample-ratio.js';

const tuning = { alpha: 0.05, tunedFor: 100 };

describe('sequential methods give the values of independent implementations', () => {
  it('confseq: gamma_exponential_mixture_bound(100, .05, 100, 2)', () => {
    expect(gammaExponentialBound(100, 0.05, { scale: 2, tunedFor: 100 })).toBeCloseTo(33.02017, 5);
  });

  it('confseq: bernoulli_confidence_interval(700, 1000, .05, 100) ends where the evidence is a proof', () => {
    const evidenceAgainst = (p: number): number => logBetaBinomialEvidence(700, 1000, p, tuning);
    for (const [end, outwards] of [
      [0.651629, -1],
      [0.745949, 1],
    ] as const) {
      expect(evidenceAgainst(end + outwards * 2e-6)).toBeGreaterThan(Math.log(20));
      expect(evidenceAgainst(end - outwards * 2e-6)).toBeLessThan(Math.log(20));
    }
  });

  it('confseq: quantile_ab_p_value of 1..1000 against itself shifted, by the evidence of both against each value', () => {
    // Howard & Ramdas, arXiv 1906.09712, theorem 5: exp(−min over x of the sum of both samples' evidence).
    const pValue = (shift: number, p: number): number => {
      const against = (x: number): number => {
        const below = [x, x - shift].map((value) => Math.min(1000, Math.max(0, value)));
        const least = below.map((count) => Math.min(Math.max(1000 * p, count - 1), count));
        return least.reduce((sum, count) => sum + logBetaBinomialEvidence(count, 1000, p, tuning), 0);
      };
      return Math.exp(-Math.min(...Array.from({ length: 1000 + shift }, (_, i) => against(i + 1))));
    };
    expect(pValue(55, 0.9)).toBeCloseTo(0.0340463, 7);
    expect(pValue(100, 0.5)).toBeCloseTo(0.0054947, 7);
  });

  it('Lindon & Malek: the Dirichlet–multinomial, and 12 of 40 errors in a 5% canary under Beta(.5, 9.5)', () => {
    expect(logSampleRatioEvidence([2, 2, 1], [0.4, 0.4, 0.2], [1, 1, 1])).toBeCloseTo(-1.171119, 6);
    expect(logSampleRatioEvidence([60, 63, 32], [0.4, 0.4, 0.2], [1, 1, 1])).toBeCloseTo(-4.183814, 6);
    expect(logSampleRatioEvidence([12, 28], [0.05, 0.95], [0.5, 9.5])).toBeCloseTo(9.61551, 5);
  });
});

describe('sequential methods agree with themselves', () => {
  it('the one-sided asymptotic evidence is a proof wherever the one-sided bound is above zero', () => {
    for (const n of [500, 5000, 50_000]) {
      const radius = sequenceRadiusOneSided(n, 1, { alpha: 0.05, tunedFor: 1000 });
      const at = (z: number): number => logAsymptoticEvidence(n, z, { alpha: 0.05, tunedFor: 1000 });
      expect(at(radius)).toBeGreaterThanOrEqual(Math.log(20));
      expect(at(radius * 0.97)).toBeLessThan(Math.log(20));
      expect(Number.isFinite(at(-1000))).toBe(true);
    }
  });

  it('the p-value is α at the edge of the two-sided sequence', () => {
    const options = { alpha: 0.05, tunedFor: 1000 };
    expect(sequencePValue(3000, sequenceRadius(3000, 1, options), options)).toBeCloseTo(0.05, 10);
    expect(sequencePValue(3000, 0, options)).toBe(1);
  });

  it('e-processes have expectation one under the null: exactly, over all outcomes', () => {
    const binomial = (n: number, k: number, p: number): number => {
      let chance = (1 - p) ** (n - k) * p ** k;
      for (let i = 0; i < k; i++) chance *= (n - i) / (i + 1);
      return chance;
    };
    const mean = (n: number, p: number, logEvidence: (k: number) => number): number =>
      Array.from({ length: n + 1 }, (_, k) => binomial(n, k, p) * Math.exp(logEvidence(k))).reduce((a, b) => a + b);
    const events = (k: number) => [{ share: 0.2, canary: k, production: 30 - k }];
    expect(mean(30, 0.2, (k) => logEvidenceOfMoreEvents(events(k)))).toBeCloseTo(1, 10);
    expect(mean(30, 0.2, (k) => logEvidenceOfFewerEvents(events(k)))).toBeCloseTo(1, 10);
    const bets = (k: number) => [
      { value: 1, count: k },
      { value: -0.25, count: 30 - k },
    ];
    expect(mean(30, 0.2, (k) => logBettingEvidence(bets(k), -0.25))).toBeCloseTo(1, 10);
  });

  it('evidence grows with what speaks for it', () => {
    expect(logPairedEvidence(60, 100, 2, 100)).toBeGreaterThan(Math.log(20));
    expect(logPairedEvidence(-60, 100, 2, 100)).toBeLessThan(0);
    expect(logGammaExponentialEvidence(-1e6, 100, { scale: 2, tunedFor: 100 })).toBeLessThan(0);
  });

  it('a paired sequence holds the mean of bounded differences and shrinks', () => {
    const differences = (n: number): Float64Array =>
      Float64Array.from({ length: n }, (_, i) => (i % 4 === 0 ? 0.6 : -0.2));
    const options = { low: -1, high: 1, alpha: 0.05, tunedFor: 50 };
    const [few, many] = [
      pairedConfidenceSequence(differences(100), options),
      pairedConfidenceSequence(differences(2000), options),
    ];
    for (const { lower, upper } of [few, many]) {
      expect(lower).toBeLessThan(0);
      expect(upper).toBeGreaterThan(0);
    }
    expect(many.upper - many.lower).toBeLessThan(few.upper - few.lower);
  });

  it('a quantile is bounded by bucket edges, from above only once there is enough data', () => {
    const buckets = (count: number) => Array.from({ length: 100 }, (_, i) => ({ start: i, end: i + 1, count }));
    expect(quantileInterval(buckets(1), 0.99, { alpha: 0.05, tunedFor: 1000 }).upper).toBe(Infinity);
    const { lower, upper } = quantileInterval(buckets(100), 0.5, { alpha: 0.05, tunedFor: 1000 });
    expect(lower).toBeLessThanOrEqual(50);
    expect(upper).toBeGreaterThanOrEqual(50);
    expect(upper - lower).toBeLessThan(10);
  });

  it('e-values average, and e-BH names those that stand out', () => {
    expect(averageEvidence([Math.log(3), Math.log(1)])).toBeCloseTo(Math.log(2), 12);
    expect(averageEvidence([])).toBe(-Infinity);
    expect(eBenjaminiHochberg([Math.log(100), 0, Math.log(41), 0], 0.05)).toEqual([true, false, true, false]);
    expect(eBenjaminiHochberg([Math.log(70), 0, 0, 0], 0.05)).toEqual([false, false, false, false]);
  });
});
