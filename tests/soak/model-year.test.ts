import { describe, expect, it } from 'vitest';
import { liveModelYear } from '../../scripts/soak/model-year.js';

describe('a model that is left to itself', { timeout: 180_000 }, () => {
  it('is noticed, trained anew and replaced when what it learned holds no longer', async () => {
    const year = await liveModelYear({
      world: 'changed',
      days: 45,
      changeDay: 5,
      rowsPerDay: 200,
      seed: 'forty-five days',
    });
    expect(year.problems).toEqual([]);
    expect(year.promotions).toHaveLength(1);
  });
});
