import { beforeAll, describe, expect, it } from 'vitest';
import { type Table, toTable } from '../../src/data/table.js';
import type { Model, TrainingRequest, TrainingResult } from '../../src/models/contract.js';
import { metricsOf, numericTarget } from '../../src/models/metrics/metrics-of.js';
import { loadModel } from '../../src/models/model.js';
import { trainerFor } from '../../src/models/trainer.js';
import { createRandom } from '../../src/util/random.js';
import { featureColumns, readBonds, treesOf } from './bond-panel.js';

let bonds: { train: Table; test: Table };
beforeAll(async () => {
  bonds = await readBonds();
});

/** Small enough for a test. */
const small = { n_estimators: 10, max_samples: 300 };

const train = (options: Partial<TrainingRequest> = {}, seed = 42): Promise<TrainingResult> =>
  trainerFor('random_forest').train({
    table: bonds.train,
    targetColumn: 'spread_bps',
    featureColumns,
    task: 'regression',
    hyperparameters: small,
    random: createRandom(seed),
    ...options,
  });

const r2 = (model: Model): number =>
  metricsOf('regression', numericTarget(bonds.test, 'spread_bps'), model.predictBatch(bonds.test))['r2_score']!;

describe('random_forest', () => {
  it('learns the spread of bonds, better from many trees than from one', async () => {
    const { model, warnings } = await train();
    const { model: lone } = await train({ hyperparameters: { ...small, n_estimators: 1 } });
    expect(warnings).toEqual([]);
    expect(r2(model)).toBeGreaterThan(0.45);
    expect(r2(model)).toBeGreaterThan(r2(lone));
  });

  it('is the same for the same seed, another for another, also after a trip through JSON', async () => {
    const options = { hyperparameters: { n_estimators: 3, max_samples: 100 } };
    const [one, same, other] = await Promise.all([train(options, 1), train(options, 1), train(options, 2)]);
    expect(JSON.stringify(same.model)).toBe(JSON.stringify(one.model));
    expect(JSON.stringify(other.model)).not.toBe(JSON.stringify(one.model));
    const again = loadModel(JSON.parse(JSON.stringify(one.model)));
    expect(again.predictBatch(bonds.test)).toEqual(one.model.predictBatch(bonds.test));
    expect(again.predict(bonds.test.row(7))).toBe(one.model.predictBatch(bonds.test)[7]);
  });

  it('predicts the mean of its trees', async () => {
    const { model } = await train({ hyperparameters: { n_estimators: 4, max_samples: 50 } });
    const json = model.toJSON();
    const alone = treesOf(model).map((tree) => loadModel({ ...json, trees: [tree] }).predict(bonds.test.row(0)));
    expect(new Set(alone).size).toBeGreaterThan(1);
    expect(model.predict(bonds.test.row(0))).toBeCloseTo(alone.reduce((sum, value) => sum + value, 0) / 4, 12);
  });

  it('refuses a share of no columns', async () => {
    await expect(train({ hyperparameters: { max_features: 0 } })).rejects.toThrow('a number from 0.01 to 1, got 0');
  });

  it('gives each tree the share of columns it was told', async () => {
    const columnsUsed = async (max_features: number): Promise<number> => {
      const hyperparameters = { n_estimators: 5, max_samples: 200, max_features };
      const trees = treesOf((await train({ hyperparameters })).model);
      return Math.max(...trees.map(({ feature }) => new Set(feature.filter((column) => column >= 0)).size));
    };
    expect(await columnsUsed(0.01)).toBe(1);
    expect(await columnsUsed(0.3)).toBeLessThanOrEqual(3);
    expect(await columnsUsed(1)).toBeGreaterThan(5);
  });

  it('predicts probabilities for classification', async () => {
    const x = Array.from({ length: 60 }, (_, i) => i);
    const table = toTable({ x, y: x.map((i) => (i >= 30 ? 1 : 0)) });
    const { model } = await train({ table, targetColumn: 'y', featureColumns: ['x'], task: 'classification' });
    expect([model.predict({ x: 3 }), model.predict({ x: 55 })]).toEqual([0, 1]);
  });

  it('trains on a handful of rows, where a tree may draw them all', async () => {
    const table = toTable({ x: [1, 2], y: [1, 2] });
    const { model } = await train({ table, targetColumn: 'y', featureColumns: ['x'] });
    expect(model.predict({ x: 1 })).toBeGreaterThanOrEqual(1);
    expect(model.predict({ x: 1 })).toBeLessThanOrEqual(2);
  });

  it('reports progress tree by tree and stops between trees', async () => {
    const seen: number[] = [];
    const hyperparameters = { n_estimators: 4, max_samples: 50 };
    await train({ hyperparameters, onProgress: (fraction) => seen.push(fraction) });
    expect(seen).toEqual([0, 0.25, 0.5, 0.75, 1]);
    const controller = new AbortController();
    const stopped = train({
      hyperparameters,
      signal: controller.signal,
      onProgress: (fraction) => fraction === 0.5 && controller.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('estimates the time of long work before it is wasted again', async () => {
    const table = toTable({ x: Array.from({ length: 2000 }, () => 0), y: Array.from({ length: 2000 }, () => 0) });
    const hyperparameters = { n_estimators: 200, max_samples: 2000, max_depth: 1 };
    const { warnings } = await train({ table, targetColumn: 'y', featureColumns: ['x'], hyperparameters });
    expect(warnings.join()).toMatch(/takes about \d+ s .* fewer max_samples or n_estimators/);
  });

  it('refuses to learn from no columns', async () => {
    await expect(train({ featureColumns: [] })).rejects.toThrow('at least one feature column');
  });
});
