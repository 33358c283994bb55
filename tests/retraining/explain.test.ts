import { beforeAll, describe, expect, it } from 'vitest';
import { toTable } from '../../src/data/table.js';
import type { Model } from '../../src/models/contract.js';
import { loadModel } from '../../src/models/model.js';
import { trainerFor } from '../../src/models/trainer.js';
import type { ExplainOptions } from '../../src/retraining/explain.js';
import { explainModel } from '../../src/retraining/explain.js';
import { createRandom } from '../../src/util/random.js';

const random = createRandom(6);
const rows = toTable(
  Array.from({ length: 6000 }, (_, i) => {
    const x = random.next();
    return { x, kind: i % 3 === 0 ? 'BOND' : 'NOTE', y: 10 * x + random.next() };
  }),
);
const options: ExplainOptions = { targetColumn: 'y', fairnessColumns: [], random };
let model: Model;
beforeAll(async () => {
  const request = { table: rows, targetColumn: 'y', featureColumns: ['x', 'kind'], task: 'regression' as const };
  const hyperparameters = { max_iterations: 30 };
  ({ model } = await trainerFor('gradient_boosting').train({ ...request, hyperparameters, random: createRandom(1) }));
});

describe('explainModel', () => {
  it('says what a model of trees goes by, and that the values add up', async () => {
    const { explainability, feature_importance, bias_testing } = await explainModel(model, rows, options);
    expect(explainability).toMatchObject({
      passed: true,
      detail: { method: 'tree_shap', shap: { rows: 500, meanAbsolute: [{ feature: 'x' }, { feature: 'kind' }] } },
    });
    expect(explainability!.detail['partialDependence']).toMatchObject([
      { feature: 'x', type: 'numeric' },
      { feature: 'kind', grid: ['NOTE', 'BOND'] },
    ]);
    expect(feature_importance).toMatchObject({ passed: true, detail: { method: 'permutation' } });
    expect(bias_testing).toBeUndefined();
  });

  it('explains other models by their curves', async () => {
    const { explainability } = await explainModel(loadModel({ kind: 'constant', value: 5 }), rows, options);
    expect(explainability).toMatchObject({ passed: true, detail: { method: 'partial_dependence' } });
  });

  it('tests whether groups are treated alike', async () => {
    const tested = { ...options, fairnessColumns: ['kind'] };
    const fair = await explainModel(model, rows, tested);
    expect(fair.bias_testing).toMatchObject({ passed: true, detail: { verdict: 'fair' } });
    const spoilt = { ...model, parts: undefined, features: model.features, task: model.task };
    const unfair = {
      ...spoilt,
      predictBatch: (table: typeof rows) =>
        model.predictBatch(table).map((value, i) => value + Number(table.row(i)['kind'] === 'BOND')),
    } as unknown as Model;
    Reflect.deleteProperty(unfair, 'parts');
    const found = await explainModel(unfair, rows, tested);
    expect(found.bias_testing).toMatchObject({ passed: false, detail: { verdict: 'disparate' } });
    const few = await explainModel(model, rows.slice(0, 120), tested);
    expect(few.bias_testing).toMatchObject({ passed: false, detail: { verdict: 'inconclusive' } });
  });

  it('can be stopped', async () => {
    const watch = { signal: AbortSignal.abort() };
    await expect(explainModel(model, rows, { ...options, watch })).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
