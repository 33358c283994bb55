import { describe, expect, it } from 'vitest';
import { CellCollector } from '../../../src/canary/evidence/cell-collector.js';
import { PairTableCollector } from '../../../src/canary/evidence/pair-table-collector.js';
import { ValueSum } from '../../../src/canary/evidence/value-sum.js';
import { exact, readSums } from './recount.js';

describe('more outcomes than a sum has room for without carrying', () => {
  const count = 2 ** 22;
  // Losses and their powers between a half and one: each fills the same limb up to its highest bit.
  const losses = Array.from({ length: 97 }, (_, i) => 0.85 + (0.15 * i) / 97);
  const nth = (i: number): number => losses[i % losses.length]!;
  const sum = (of: (loss: number, next: number) => number): bigint =>
    losses.reduce((total, loss, i) => {
      const times = BigInt(Math.ceil((count - i) / losses.length));
      return total + times * exact(of(loss, nth(i + 1)));
    }, 0n);

  it('are summed exactly in a key group', { timeout: 120_000 }, () => {
    const cells = new CellCollector(1, 'regression');
    for (let i = 0; i < count; i++) cells.addLoss(0, nth(i), false);
    expect(readSums(cells.take())).toMatchObject({
      labels: [count],
      absolute: [sum((loss) => loss)],
      squared: [sum((loss) => loss * loss)],
    });
  });

  it('are summed exactly in pairs', { timeout: 120_000 }, () => {
    const pairs = new PairTableCollector(1, 'regression');
    for (let i = 0; i < count; i++) pairs.addLosses(0, nth(i), nth(i + 1), null, null);
    const sums = (power: (loss: number) => number): object => ({
      canary: sum((loss) => power(loss)),
      production: sum((_, next) => power(next)),
      canarySquares: sum((loss) => power(loss) * power(loss)),
      productionSquares: sum((_, next) => power(next) * power(next)),
      products: sum((loss, next) => power(loss) * power(next)),
      aboveBound: 0,
    });
    expect(readSums(pairs.take())).toMatchObject({
      labels: count,
      absolute: sums((loss) => loss),
      squared: sums((loss) => loss * loss),
    });
  });

  it('are summed exactly in their value', { timeout: 120_000 }, () => {
    const value = new ValueSum();
    for (let i = 0; i < count; i++) value.add(nth(i));
    expect(readSums([value.take()])).toEqual([sum((loss) => loss)]);
  });
});
