import { describe, expect, it } from 'vitest';
import { classifierTest, createRandom, toTable, type Random, type Table } from '@bondx/mlops';

/** Two columns on [0, 1), equal or independent, and one of categories. */
function draw(random: Random, rows: number, isCoupled: boolean): Table {
  const x = Float64Array.from({ length: rows }, () => random.next());
  const y = isCoupled ? x.slice() : x.map(() => random.next());
  return toTable({ x, y, kind: Array.from({ length: rows }, () => (random.next() < 0.3 ? 'a' : 'b')) });
}

describe('classifierTest', () => {
  it('rejects equal distributions at no more than its level', async () => {
    const rounds = 200;
    let rejected = 0;
    for (let round = 0; round < rounds; round++) {
      const random = createRandom(round);
      const { pValue } = await classifierTest(draw(random, 120, false), draw(random, 150, false), { seed: round });
      if (pValue <= 0.1) rejected++;
    }
    expect(rejected / rounds).toBeLessThan(0.1 + 3 * Math.sqrt((0.1 * 0.9) / rounds));
    expect(rejected).toBeGreaterThan(0);
  });

  it('sees a change of dependence that no column shows, the same each time', async () => {
    const random = createRandom(1);
    const [before, after] = [draw(random, 2000, true), draw(random, 1000, false)];
    const found = await classifierTest(before, after);
    expect(found.rows).toBe(1000);
    expect(found.pValue).toBeLessThan(1e-6);
    expect(found.accuracy).toBeGreaterThan(0.7);
    expect(await classifierTest(before, after)).toEqual(found);
    expect((await classifierTest(before, after, { featureColumns: ['x'] })).pValue).toBeGreaterThan(0.01);
  });

  it('refuses what it cannot use', async () => {
    const few = draw(createRandom(1), 30, true);
    await expect(classifierTest(few, few)).rejects.toThrow('30 rows of a side; it needs at least 40');
    const other = toTable({ z: new Float64Array(50) });
    await expect(classifierTest(draw(createRandom(1), 50, true), other)).rejects.toThrow('no column in common');
  });
});
