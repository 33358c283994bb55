import { beforeAll, describe, expect, it } from 'vitest';
import { type Table, toTable } from '../../../src/data/table.js';
import type { Model, Task } from '../../../src/models/contract.js';
import { partialDependence } from '../../../src/models/explanation/partial-dependence.js';
import { explainPrediction, explainPredictions } from '../../../src/models/explanation/shap-values.js';
import { loadModel } from '../../../src/models/model.js';
import { numericTarget } from '../../../src/models/target.js';
import { trainerFor } from '../../../src/models/trainer.js';
import { createRandom } from '../../../src/util/random.js';
import { featureColumns, readBonds } from '../bond-panel.js';

const hyperparameters = { max_iterations: 20, n_estimators: 3, max_samples: 200 };
let bonds: { train: Table; test: Table };
beforeAll(async () => {
  const { train, test } = await readBonds();
  const isWide = (table: Table): Table => {
    const wide = Array.from(numericTarget(table, 'spread_bps'), (spread) => Number(spread > 0));
    return table.withColumn(toTable({ is_wide: wide }).column('is_wide'));
  };
  bonds = { train: isWide(train.slice(0, 1500)), test: isWide(test.slice(0, 60)) };
});

const fit = async (algorithm: string, task: Task): Promise<Model> => {
  const targetColumn = task === 'regression' ? 'spread_bps' : 'is_wide';
  const random = createRandom(1);
  const request = { table: bonds.train, targetColumn, featureColumns, task, hyperparameters, random };
  return (await trainerFor(algorithm).train(request)).model;
};

describe.each(['gradient_boosting', 'extra_forest', 'cart', 'random_forest'])('SHAP values of %s', (algorithm) => {
  it.each(['regression', 'classification'] as const)('add up to the prediction: %s', async (task) => {
    const model = await fit(algorithm, task);
    const { values, expectedValue, scale, features } = await explainPredictions(model, bonds.test);
    expect(features).toEqual(featureColumns);
    expect(scale).toBe(task === 'classification' && algorithm === 'gradient_boosting' ? 'log_odds' : 'prediction');
    model.predictBatch(bonds.test).forEach((prediction, row) => {
      const sum = values.reduce((total, column) => total + column[row]!, expectedValue);
      const score = scale === 'log_odds' ? Math.log(prediction / (1 - prediction)) : prediction;
      expect(Math.abs(sum - score)).toBeLessThan(1e-9 * Math.max(1, Math.abs(score)));
    });
  });

  it('are the same for one row, after a trip through JSON, greatest first', async () => {
    const model = loadModel(JSON.parse(JSON.stringify(await fit(algorithm, 'regression'))));
    const { values } = await explainPredictions(model, bonds.test);
    const { contributions, prediction } = explainPrediction(model, bonds.test.row(7));
    expect(prediction).toBe(model.predict(bonds.test.row(7)));
    for (const { feature, value } of contributions) expect(value).toBe(values[featureColumns.indexOf(feature)]![7]);
    const sizes = contributions.map(({ value }) => Math.abs(value));
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
  });
});

describe('explanations', () => {
  it('say that a model without trees has none of this kind', async () => {
    const model = loadModel({ kind: 'constant', value: 1 });
    await expect(explainPredictions(model, [{}])).rejects.toThrow('not for constant; use permutationImportance');
  });

  it('can be stopped', async () => {
    const model = await fit('gradient_boosting', 'regression');
    await expect(explainPredictions(model, bonds.test, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });
});

describe('partialDependence', () => {
  const rows = toTable({
    x: Array.from({ length: 101 }, (_, i) => i),
    z: Array.from({ length: 101 }, (_, i) => i % 2),
    c: Array.from({ length: 101 }, (_, i) => (i < 60 ? 'common' : i < 100 ? 'second' : 'rare')),
  });
  /** 3x + z, and 10 for the common category. */
  const model = {
    ...loadModel({ kind: 'constant', value: 0 }),
    features: ['x', 'c'].map((name) => ({ name, type: 'numeric' as const })),
    predictBatch: (table: Table) =>
      Float64Array.from({ length: table.rowCount }, (_, i) => {
        const { x, z, c } = table.row(i);
        return 3 * (x as number) + (z as number) + (c === 'common' ? 10 : 0);
      }),
  } as unknown as Model;

  it('is the mean prediction with the feature set to one value in every row', async () => {
    const { grid, response } = await partialDependence(model, rows, 'x', { gridSize: 4 });
    expect(grid).toEqual([5, 35, 65, 95]);
    const rest = 50 / 101 + (10 * 60) / 101;
    grid.forEach((x, i) => expect(response[i]).toBeCloseTo(3 * (x as number) + rest, 10));
  });

  it('takes categories by how frequent they are', async () => {
    const result = await partialDependence(model, rows, 'c', { gridSize: 2 });
    expect(result).toMatchObject({ type: 'categorical', grid: ['common', 'second'], rows: 101 });
    expect(result.response[0]! - result.response[1]!).toBeCloseTo(10, 10);
  });

  it('takes all values when there are few', async () => {
    const data = toTable({ x: [3, 1, null, 1], c: ['a', 'a', 'a', 'b'], z: [0, 0, 0, 0] });
    expect((await partialDependence(model, data, 'x')).grid).toEqual([1, 3]);
  });

  it.each([
    ['z', {}, 'the model has no feature "z"; it has x, c'],
    ['x', { gridSize: 1 }, 'gridSize must be an integer from 2'],
  ])('refuses %s with %j', async (feature, options, message) => {
    await expect(partialDependence(model, rows, feature, options)).rejects.toThrow(message);
  });
});
