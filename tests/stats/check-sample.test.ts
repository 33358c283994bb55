import { describe, expect, it } from 'vitest';
import {
  andersonDarling,
  cramerVonMises,
  createRandom,
  energyDistance,
  energyTest,
  jensenShannon,
  ksTwoSample,
  wasserstein1,
} from '@bondx/mlops';

type Samples = readonly [Float64Array, Float64Array];

const statistics: Readonly<Record<string, (samples: Samples, permutations?: number) => unknown>> = {
  andersonDarling: (samples) => andersonDarling(samples),
  cramerVonMises: ([a, b]) => cramerVonMises(a, b),
  energyDistance: ([a, b]) => energyDistance(a, b),
  energyTest: ([a, b]) => energyTest([a], [b], { random: createRandom(1) }),
  ksTwoSample: ([a, b]) => ksTwoSample(a, b),
  wasserstein1: ([a, b]) => wasserstein1(a, b),
};

describe('samples that JavaScript passes as lists', () => {
  // A list sorts as texts, 10 before 9: the statistic would be another one.
  it.each(Object.entries(statistics))('are refused by %s', (_name, statistic) => {
    const lists = [
      [1, 9, 10, 100],
      [2, 8, 20, 300],
    ] as unknown as Samples;
    expect(() => statistic(lists)).toThrow(
      expect.objectContaining({
        code: 'INVALID_INPUT',
        message: expect.stringContaining('Float64Array.from(values)') as string,
      }) as Error,
    );
    statistic([Float64Array.from(lists[0]), Float64Array.from(lists[1])]);
  });
});

describe('the energy test', () => {
  it.each([0, -1, 1.5, NaN, Infinity, '9'])(
    'refuses %j permutations: it gave p = NaN, or never ended',
    (permutations) => {
      const sample = [Float64Array.of(1, 2, 3)];
      const options = { random: createRandom(1), permutations: permutations as number };
      expect(() => energyTest(sample, sample, options)).toThrow(
        expect.objectContaining({ code: 'INVALID_INPUT' }) as Error,
      );
    },
  );
});

describe('options of statistics', () => {
  const sample = Float64Array.of(1, 2, 3, 4);
  it.each([
    ['ties', () => andersonDarling([sample, sample], { ties: 'average' as never })],
    ['an option', () => andersonDarling([sample, sample], { tie: 'corrected' } as never)],
    ['a method', () => cramerVonMises(sample, sample, { method: 'fast' as never })],
    ['ties of the other test', () => cramerVonMises(sample, sample, { ties: 'average' as never })],
    ['a unit', () => jensenShannon([1, 2], [2, 1], { unit: 'bit' as never })],
  ])('are refused where they are none: %s', (_what, call) => {
    expect(call).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }) as Error);
  });
});
