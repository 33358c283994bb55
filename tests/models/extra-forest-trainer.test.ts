import { beforeAll, describe, expect, it } from 'vitest';
import { type Table, toTable } from '../../src/data/table.js';
import type { Model, TrainingRequest, TrainingResult } from '../../src/models/contract.js';
import { metricsOf, numericTarget } from '../../src/models/metrics/metrics-of.js';
import { loadModel } from '../../src/models/model.js';
import { trainerFor } from '../../src/models/trainer.js';
import { createRandom } from '../../src/util/random.js';
import { featureColumns, readBonds, treesOf } from './bond-panel.js';

const train = (table: Table, options: Partial<TrainingRequest> = {}): Promise<TrainingResult> =>
  trainerFor('extra_forest').train({
    table,
    targetColumn: 'y',
    featureColumns: ['x'],
    task: 'regression',
    hyperparameters: {},
    random: createRandom(42),
    ...options,
  });

describe('extra_forest', () => {
  describe('on the bond panel', () => {
    let bonds: { train: Table; test: Table };
    let model: Model;
    beforeAll(async () => {
      bonds = await readBonds();
      ({ model } = await train(bonds.train, { targetColumn: 'spread_bps', featureColumns }));
    });

    it('explains more of a year it never saw than a single tree', () => {
      const predicted = model.predictBatch(bonds.test);
      const score = metricsOf('regression', numericTarget(bonds.test, 'spread_bps'), predicted);
      expect(score['r2_score']).toBeGreaterThan(0.5);
    });

    it('predicts a row as it predicts the table, also after a trip through JSON', () => {
      const table = bonds.test.slice(0, 200);
      const again = loadModel(JSON.parse(JSON.stringify(model)));
      expect(JSON.stringify(again)).toBe(JSON.stringify(model));
      model.predictBatch(table).forEach((value, i) => {
        expect(model.predict(table.row(i))).toBe(value);
        expect(again.predict(table.row(i))).toBe(value);
      });
    });

    it('takes whatever a record holds', () => {
      expect(model.predict({})).toSatisfy(Number.isFinite);
      expect(model.predict({ term: '99-Year', coupon_rate: 'high' })).toBe(model.predict({}));
    });
  });

  const classes = toTable({
    x: Array.from({ length: 900 }, (_, i) => (i % 5 === 0 ? null : i % 90)),
    kind: Array.from({ length: 900 }, (_, i) => ['A', 'B', 'C'][i % 3]!),
    y: Array.from({ length: 900 }, (_, i) => i % 3 === 1 || i % 5 === 0),
  });
  const classification = { task: 'classification', featureColumns: ['x', 'kind'] } as const;

  it('learns from categories and from what is missing; predicts probabilities', async () => {
    const { model } = await train(classes, classification);
    expect(model.predict({ x: 10, kind: 'B' })).toBeGreaterThan(0.95);
    expect(model.predict({ x: 10, kind: 'A' })).toBeLessThan(0.05);
    expect(model.predict({ kind: 'A' })).toBeGreaterThan(0.9);
    for (const value of model.predictBatch(classes)) expect(value >= 0 && value <= 1).toBe(true);
  });

  it('is the same for the same seed, another for another', async () => {
    const make = async (seed: number): Promise<string> =>
      JSON.stringify((await train(classes, { ...classification, random: createRandom(seed) })).model);
    expect(await make(1)).toBe(await make(1));
    expect(await make(1)).not.toBe(await make(2));
  });

  it('keeps to its limits', async () => {
    const hyperparameters = { max_depth: 2, n_estimators: 4, min_samples_leaf: 100 };
    const { model } = await train(classes, { ...classification, hyperparameters });
    const trees = treesOf(model) as unknown as { feature: number[]; cover: number[] }[];
    expect(trees).toHaveLength(4);
    for (const { feature, cover } of trees) {
      expect(feature.length).toBeLessThanOrEqual(7);
      expect(Math.min(...cover)).toBeGreaterThanOrEqual(100);
    }
  });

  it('learns a constant from features that say nothing', async () => {
    const y = Array.from({ length: 100 }, (_, i) => i % 2);
    const { model, warnings } = await train(toTable({ x: y.map(() => null), y }));
    expect(model.predict({ x: 1 })).toBe(0.5);
    expect(warnings).toEqual(['feature x has no values and teaches nothing']);
  });

  it.each([
    [{ hyperparameters: { n_estimators: 0 } }, 'n_estimators must be an integer from 1'],
    [{ monotoneConstraints: { x: 'increasing' } }, 'extra_forest knows no monotone constraints'],
  ] as const)('refuses %j', async (options, message) => {
    await expect(train(toTable({ x: [1, 2], y: [1, 2] }), options)).rejects.toThrow(message);
  });
});
