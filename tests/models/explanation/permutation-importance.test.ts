import { describe, expect, it } from 'vitest';
import { toTable } from '../../../src/data/table.js';
import type { Model } from '../../../src/models/contract.js';
import { loadModel } from '../../../src/models/model.js';
import { permutationImportance } from '../../../src/models/explanation/permutation-importance.js';
import { createRandom } from '../../../src/util/random.js';

const random = createRandom(7);
const n = 400;
const noise = (): number[] => Array.from({ length: n }, () => random.next() - 0.5);
const [a, b, unused] = [noise(), noise(), noise()];
const table = toTable({ a, b, unused, y: a.map((x, i) => 4 * x + b[i]!), isHigh: a.map((x) => x > 0) });

/** Predicts 4a + b exactly, or whether a is above 0. */
const model = (task: Model['task']): Model => ({
  ...loadModel({ kind: 'constant', value: 0 }),
  task,
  features: ['b', 'unused', 'a', 'absent'].map((name) => ({ name, type: 'numeric' as const })),
  predict: () => 0,
  predictBatch: (rows) => {
    const [x, z] = ['a', 'b'].map((name) => Array.from({ length: n }, (_, i) => rows.row(i)[name] as number));
    return Float64Array.from(x!, (value, i) => (task === 'regression' ? 4 * value + z![i]! : value > 0 ? 0.9 : 0.1));
  },
  toJSON: () => ({}),
});

describe('permutationImportance', () => {
  it('ranks features by the error their shuffling adds, and skips those without a column', async () => {
    const result = await permutationImportance(model('regression'), table, 'y', { random });
    expect(result.map(({ feature }) => feature)).toEqual(['a', 'b', 'unused']);
    // Shuffling x, uniform on an interval of length 1, adds c·E|x − x'| = c/3 to the error of c·x.
    expect(result[0]!.importance).toBeCloseTo(4 / 3, 0);
    expect(result[1]!.importance).toBeCloseTo(1 / 3, 1);
    expect(result[2]).toEqual({ feature: 'unused', importance: 0, standardDeviation: 0 });
    expect(result[0]!.standardDeviation).toBeGreaterThan(0);
  });

  it('counts a loss as positive whichever way the metric is good', async () => {
    for (const metric of ['r2_score', 'rmse']) {
      const [first] = await permutationImportance(model('regression'), table, 'y', { random, metric });
      expect(first).toMatchObject({ feature: 'a' });
      expect(first!.importance).toBeGreaterThan(0.5);
    }
  });

  it('works on probabilities', async () => {
    const result = await permutationImportance(model('classification'), table, 'isHigh', { random, repeats: 2 });
    // Half of the shuffled rows become wrong: 0.5 · (ln 0.9 − ln 0.1).
    expect(result[0]!.importance).toBeCloseTo(0.5 * Math.log(9), 0);
  });

  it('is the same for the same seed', async () => {
    const run = (): Promise<unknown> =>
      permutationImportance(model('regression'), table, 'y', { random: createRandom(3) });
    expect(await run()).toEqual(await run());
  });

  it('refuses metrics of the other task and counts that are none', async () => {
    const run = (options: object) => permutationImportance(model('regression'), table, 'y', { random, ...options });
    await expect(run({ metric: 'accuracy' })).rejects.toThrow('no accuracy for regression');
    await expect(run({ metric: 'made_up' })).rejects.toThrow('unknown');
    await expect(run({ repeats: 0 })).rejects.toThrow('repeats');
    await expect(run({ repeat: 2 })).rejects.toThrow('no option "repeat"');
  });
});
