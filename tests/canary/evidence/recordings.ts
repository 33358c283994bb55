import fc from 'fast-check';
import type { EvidenceCollector } from '../../../src/canary/evidence/evidence-collector.js';
import type { Label, PairLabel, PairedOutcome, RequestOutcome } from '../../../src/canary/evidence/outcome.js';

interface Place {
  readonly step: number;
  readonly unit: number;
  readonly at: number;
}

type Arm = 'canary' | 'production';

/** One call of an `EvidenceCollector`, as data. */
export type Recording = Place &
  (
    | { readonly kind: 'request'; readonly arm: Arm; readonly outcome: RequestOutcome }
    | { readonly kind: 'label'; readonly arm: Arm; readonly label: Label }
    | { readonly kind: 'pair'; readonly outcome: PairedOutcome }
    | { readonly kind: 'pairLabel'; readonly label: PairLabel }
  );

export function tell(collector: EvidenceCollector, recording: Recording): void {
  const { kind, step, unit, at } = recording;
  if (kind === 'request') collector.record(recording.arm, step, unit, at, recording.outcome);
  else if (kind === 'label') collector.recordLabel(recording.arm, step, unit, at, recording.label);
  else if (kind === 'pair') collector.recordPair(step, unit, at, recording.outcome);
  else collector.recordPairLabel(step, unit, at, recording.label);
}

/** Budgets that are met exactly by some of the numbers below. */
export const budgets = { latencyBudgetMs: 50, missBudget: 2, lossBound: 16 };

const tooLargeForPairs = 2 ** 47;
const tooLarge = 2 ** 95;
const number = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, 0.25, 0.5, 0.75, 1, 2, 2.125, -2, 16, 16.125, -16) },
  { weight: 2, arbitrary: fc.double({ min: -1e3, max: 1e3, noNaN: true }) },
  fc.constantFrom(tooLargeForPairs, 0.999 * tooLargeForPairs, tooLarge, 0.999 * tooLarge, 1e40, -1e300),
  fc.constantFrom(1e-9, 1e12, NaN, Infinity, -Infinity),
);
const latencyMs = fc.oneof(
  fc.double({ min: 0, max: 200, noNaN: true }),
  fc.constantFrom(0, -0, -1, 50, 50.125, 2 ** -10, 1e-9, 1e12, NaN, Infinity),
);
const value = fc.oneof(
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.constantFrom(0.1, 2 ** 191, 2 ** 192, Infinity, NaN),
);
const segment = fc.constantFrom('energy', 'utilities', 'banks', '7', '__proto__', 'constructor', '\ud800', '(other)');

const outcome: fc.Arbitrary<RequestOutcome> = fc.record(
  { prediction: number, actual: number, latencyMs, error: fc.boolean(), value, segment },
  { requiredKeys: [] },
);
const pair = fc.record(
  { canary: outcome, production: outcome, actual: number, value, segment },
  { requiredKeys: ['canary', 'production'] },
) as fc.Arbitrary<PairedOutcome>;
const label = fc.record(
  { prediction: number, actual: number, segment },
  { requiredKeys: ['prediction', 'actual'] },
) as fc.Arbitrary<Label>;
const pairLabel = fc.record(
  { canaryPrediction: number, productionPrediction: number, actual: number, segment },
  { requiredKeys: ['canaryPrediction', 'productionPrediction', 'actual'] },
) as fc.Arbitrary<PairLabel>;

const arm = fc.constantFrom<Arm[]>('canary', 'production');
const place = {
  step: fc.nat(1),
  // Few keys that come again, and many.
  unit: fc.oneof(fc.nat(2), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
  at: fc.constantFrom(0, 999, 1000, 2500),
};

export const recording: fc.Arbitrary<Recording> = fc.oneof(
  fc.record({ kind: fc.constant('request' as const), arm, ...place, outcome }),
  fc.record({ kind: fc.constant('label' as const), arm, ...place, label }),
  fc.record({ kind: fc.constant('pair' as const), ...place, outcome: pair }),
  fc.record({ kind: fc.constant('pairLabel' as const), ...place, label: pairLabel }),
);
