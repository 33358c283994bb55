import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/canary/evidence/decide.js';
import { noLimits } from '../../../src/canary/evidence/decision-inputs.js';
import { ValueSum } from '../../../src/canary/evidence/value-sum.js';
import { sumValue } from '../../../src/stats/exact-accumulator.js';
import { collectedInputs } from './inputs.js';

const sumOf = (...values: (number | undefined)[]): number => {
  const sum = new ValueSum();
  for (const value of values) sum.add(value);
  return sumValue(sum.take());
};

describe('the value of predictions', () => {
  it('adds up without its sign, and leaves out what is not known', () => {
    expect(sumOf(1.5, -2.25, undefined, NaN, -0)).toBe(3.75);
  });

  it('is as large as can be where one value is too large to be summed', () => {
    const largest = 2 ** 192 * (1 - 2 ** -53);
    for (const value of [Infinity, -Infinity, Number.MAX_VALUE, 2 ** 192, largest]) expect(sumOf(value)).toBe(largest);
    expect(sumOf(2 ** 191)).toBe(2 ** 191);
  });

  it('breaks a limit of the canary where it is infinite', () => {
    const inputs = collectedInputs(
      (collector) => collector.record('canary', 0, 1, 0, { prediction: 1, value: Infinity }),
      {
        limits: { ...noLimits, maxValue: 1e9 },
      },
    );
    expect(decide(inputs)).toMatchObject({ verdict: 'rollback', cause: 'limit' });
  });
});
