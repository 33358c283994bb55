import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decide } from '../../../src/canary/evidence/decide.js';
import { assertJson } from '../../../src/util/json.js';
import { collectedInputs, regression } from './inputs.js';
import { budgets, recording, tell } from './recordings.js';

const steps = Array.from({ length: 4 }, (_, step) => ({ step, mode: 'split', share: 0.5, beganAt: 0 }) as const);

it.each([
  [0.001, 0.001],
  [0.001, 1],
  [1, 1],
])('at the bounds of the policy, %d and %d, evidence is made of numbers', (rollbackThreshold, promotionThreshold) => {
  fc.assert(
    fc.property(
      fc.constantFrom('regression' as const, 'classification' as const),
      fc.array(recording, { minLength: 20, maxLength: 60 }),
      (task, recordings) => {
        const settings = { ...regression, ...budgets, task };
        const changes = { settings, rollbackThreshold, promotionThreshold, minObservations: 2, steps, now: 1e9 };
        const inputs = collectedInputs((collector) => recordings.forEach((one) => tell(collector, one)), changes);
        expect(() => assertJson(decide(inputs))).not.toThrow();
      },
    ),
    { numRuns: 200 },
  );
});
