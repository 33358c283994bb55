import { describe, expect, it } from 'vitest';
import { logAsymptoticEvidence } from '../../../src/stats/sequential/asymptotic-confidence-sequence.js';
import { logBetaBinomialEvidence } from '../../../src/stats/sequential/beta-binomial-mixture.js';
import { logEvidenceOfMoreEvents } from '../../../src/stats/sequential/event-e-process.js';
import { logGammaExponentialEvidence } from '../../../src/stats/sequential/gamma-exponential-mixture.js';
import { logSampleRatioEvidence } from '../../../src/stats/sequential/sample-ratio.js';
import { referenceCases } from '../reference.js';

type Case = { readonly value: number } & (
  | { readonly method: 'gammaExponential'; sum: number; variance: number; scale: number; tunedFor: number }
  | { readonly method: 'betaBinomial'; successes: number; trials: number; p: number; tunedFor: number }
  | { readonly method: 'asymptotic'; n: number; z: number }
  | { readonly method: 'events'; steps: [number, number, number][]; ratio: number }
  | { readonly method: 'sampleRatio'; counts: number[]; shares: number[] }
);

function compute(one: Case): number {
  switch (one.method) {
    case 'gammaExponential':
      return logGammaExponentialEvidence(one.sum, one.variance, one);
    case 'betaBinomial':
      return logBetaBinomialEvidence(one.successes, one.trials, one.p, { alpha: 0.05, tunedFor: one.tunedFor });
    case 'asymptotic':
      return logAsymptoticEvidence(one.n, one.z, { alpha: 0.05, tunedFor: 1000 });
    case 'events':
      return logEvidenceOfMoreEvents(
        one.steps.map(([share, canary, production]) => ({ share, canary, production })),
        one.ratio,
      );
    case 'sampleRatio':
      return logSampleRatioEvidence(one.counts, one.shares);
  }
}

/** ln Γ of large arguments cancels: absolute precision. Φ below −20 is known to its leading term, 1 in x². */
const tolerance = (one: Case): number => (one.method === 'asymptotic' && one.z < -20 ? 2 / one.z ** 2 : 1e-8);

describe('sequential methods agree with their formulas in 50-digit arithmetic', () => {
  it.each(referenceCases<Case>('sequential').map((one, i) => [`${one.method} ${i}`, one] as const))('%s', (_, one) => {
    expect(Math.abs(compute(one) - one.value)).toBeLessThanOrEqual(tolerance(one));
  });
});
