import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/canary/evidence/decide.js';
import type { DecisionInputs } from '../../../src/canary/evidence/decision-inputs.js';
import { createRandom } from '../../../src/util/random.js';
import { collectedInputs } from './inputs.js';

/** Both arms alike, but for `worse` times the canary's losses. */
interface Traffic {
  readonly share: number;
  readonly requests: number;
  /** Routing keys, the first of which send most; each request is one unless told. */
  readonly keys?: number;
  readonly loss: (uniform: () => number) => number;
  readonly worse: number;
}

function inputsOf({ share, requests, keys, loss, worse }: Traffic, seed: number): DecisionInputs {
  const random = createRandom(seed);
  const uniform = (): number => random.next();
  const fixed = Array.from({ length: keys ?? 0 }, () => ({ unit: Math.floor(uniform() * 2 ** 32), bucket: uniform() }));
  return collectedInputs(
    (collector) => {
      for (let i = 0; i < requests; i++) {
        const { unit, bucket } =
          keys === undefined
            ? { unit: Math.floor(uniform() * 2 ** 32), bucket: uniform() }
            : fixed[Math.floor(uniform() ** 2 * keys)]!;
        const isCanary = bucket < share;
        const prediction = loss(uniform) * (isCanary ? worse : 1);
        collector.record(isCanary ? 'canary' : 'production', 0, unit, 0, { prediction, actual: 0 });
      }
    },
    { steps: [{ step: 0, mode: 'split', share, beganAt: 0 }] },
  );
}

/** Shares of runs in which something was found, by the present rules and by those of before. */
function shares(traffic: Traffic, runs: number, isFound: (inputs: DecisionInputs) => boolean): [number, number] {
  let [now, before] = [0, 0];
  for (let seed = 0; seed < runs; seed++) {
    const { rules, ...old } = inputsOf(traffic, seed);
    if (isFound({ ...old, rules })) now++;
    if (isFound(old)) before++;
  }
  return [now / runs, before / runs];
}

describe('an arm with few requests', () => {
  // Its mean is 3, of which rare losses make 2: a thousand requests often see none of them.
  const rareLosses: Traffic = {
    share: 0.02,
    requests: 60_000,
    loss: (uniform) => (uniform() < 0.001 ? 2000 : 1) * uniform() * 2,
    worse: 1 / 0.95,
  };

  it('is not proved good by rare large losses that it has not seen yet', () => {
    const [now, before] = shares(rareLosses, 40, (inputs) => decide(inputs).verdict === 'promote');
    expect(before).toBeGreaterThan(0.2);
    expect(now).toBeLessThanOrEqual(0.05);
  });

  it('is proved good where it is', () => {
    const far = { ...rareLosses, loss: (uniform: () => number) => 2 * uniform(), worse: 0.5 };
    expect(shares(far, 5, (inputs) => decide(inputs).verdict === 'promote')).toEqual([1, 1]);
  });

  it('gets its share of requests also where few routing keys make that many or none', () => {
    const fewKeys = { ...rareLosses, share: 0.01, requests: 20_000, keys: 200 };
    const [now, before] = shares(fewKeys, 60, (inputs) => decide(inputs).sampleRatio.status === 'mismatch');
    expect(before).toBeGreaterThan(0.05);
    expect(now).toBe(0); // stated: 0.1%
  });
});
