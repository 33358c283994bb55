import { describe, expect, it } from 'vitest';
import { MLOpsConfig, trainModel } from '@bondx/mlops';
import type { TrainingRequest } from '../../src/models/trainer.js';
import { constrained } from '../../src/retraining/constrained-trainer.js';
import { algorithmFor, withPatience } from '../../src/retraining/model-settings.js';
import { createRandom } from '../../src/util/random.js';

describe('the algorithm that is meant', () => {
  it.each([
    ['cart', 1e6, {}, 'cart'],
    ['auto', 300, {}, 'random_forest'],
    ['auto', 301, {}, 'gradient_boosting'],
    ['auto', 50, { monotoneConstraints: { x: 'increasing' } }, 'gradient_boosting'],
    ['auto', 50, { categoryOrder: { rating: ['B', 'A'] } }, 'gradient_boosting'],
  ])('%s of %i rows with %j is %s...', (told, rows, constraints, algorithm) => {
    expect(algorithmFor(told, rows, constraints)).toBe(algorithm);
  });
});

describe('the policy of early stopping', () => {
  const { retraining } = MLOpsConfig.fromObject({ retraining: { earlyStoppingPatience: 3 } }).policy;
  it('holds where boosting has rows to stop by, unless the hyperparameters say otherwise', () => {
    const stopping = { validation_size: 0.2 };
    expect(withPatience(stopping, 'gradient_boosting', retraining)).toEqual({
      ...stopping,
      early_stopping_patience: 3,
    });
    const own = { ...stopping, early_stopping_patience: 7 };
    expect(withPatience(own, 'gradient_boosting', retraining)).toEqual(own);
    expect(withPatience({}, 'gradient_boosting', retraining)).toEqual({});
    expect(withPatience(stopping, 'cart', retraining)).toEqual(stopping);
  });
});

describe('the policy of a model type', () => {
  const random = createRandom(2);
  const ratings = ['AAA', 'A', 'BBB', 'B'];
  const data = Array.from({ length: 900 }, (_, i) => ({
    rating: ratings[i % 4]!,
    years: i % 30,
    spread: 40 * (i % 4) + 120 * random.next(),
  }));
  const section = {
    featureColumns: ['rating', 'years'],
    targetColumn: 'spread',
    monotoneConstraints: { rating: 'increasing' },
    categoryOrder: { rating: ratings },
    hyperparameters: { min_samples_leaf: 3, loss: 'quantile', quantile: 0.9 },
  } as const;

  it('orders categories, holds predictions to the order, and chooses the loss', async () => {
    const config = MLOpsConfig.fromObject({ models: { spread: section } });
    const { model, algorithm, warnings } = await trainModel(config, { modelType: 'spread', data });
    expect([algorithm, warnings]).toEqual(['gradient_boosting', []]);
    for (let years = 0; years < 30; years++) {
      const curve = ratings.map((rating) => model.predict({ rating, years }));
      expect(curve).toEqual([...curve].sort((a, b) => a - b));
    }
    const below = data.filter((row) => row.spread <= model.predict(row)).length / data.length;
    expect(below).toBeGreaterThan(0.8);
  });

  it('refuses a constraint that the algorithm cannot hold, and says when an order is of no use', async () => {
    const run = (change: object) => {
      const config = MLOpsConfig.fromObject({ models: { spread: { ...section, hyperparameters: {}, ...change } } });
      return trainModel(config, { modelType: 'spread', data, algorithm: 'cart' });
    };
    await expect(run({})).rejects.toThrow('cart knows no monotone constraints (rating)');
    const { warnings } = await run({ monotoneConstraints: {} });
    expect(warnings[0]).toMatch('cart ignores category_order (rating)');
  });

  it('goes to the trainer with every request of a retraining', async () => {
    const seen: TrainingRequest[] = [];
    const trainer = {
      algorithm: 'own',
      train: (request: TrainingRequest) => (seen.push(request), Promise.reject(new Error())),
    };
    const { monotoneConstraints, categoryOrder } = section;
    const told = constrained(trainer, { monotoneConstraints, categoryOrder });
    await expect(told.train({ targetColumn: 'y' } as TrainingRequest)).rejects.toThrow();
    expect(seen).toEqual([{ targetColumn: 'y', monotoneConstraints, categoryOrder }]);
  });
});
