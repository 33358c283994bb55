import { describe, expect, it } from 'vitest';
import { createRandom, shuffle } from '../../src/util/random.js';

describe('createRandom', () => {
  it('repeats itself for the same seed and differs for another', () => {
    const draw = (seed: number | string): number[] => {
      const random = createRandom(seed);
      return Array.from({ length: 5 }, () => random.next());
    };
    expect(draw(42)).toEqual(draw(42));
    expect(draw(42)).not.toEqual(draw(43));
  });

  it('splits by label, however much was drawn before', () => {
    const fresh = createRandom(1);
    const used = createRandom(1);
    for (let i = 0; i < 10; i++) used.next();
    expect(used.split('a').next()).toBe(fresh.split('a').next());
    expect(fresh.split('a').next()).not.toBe(fresh.split('b').next());
  });

  it('is uniform: a chi-square test over 100 cells does not reject', () => {
    const random = createRandom('uniform');
    const cells = new Array<number>(100).fill(0);
    for (let i = 0; i < 100_000; i++) cells[Math.floor(random.next() * 100)]!++;
    const statistic = cells.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(statistic).toBeLessThan(148.23); // 99.9th percentile of chi-square with 99 degrees of freedom
  });
});

describe('shuffle', () => {
  it('keeps every element', () => {
    const values = Int32Array.from({ length: 50 }, (_, i) => i);
    shuffle(values, createRandom(3));
    expect([...values].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect([...values]).not.toEqual(Array.from({ length: 50 }, (_, i) => i));
  });
});
