import { describe, expect, it } from 'vitest';
import { toTable } from '../../src/data/table.js';
import { ConstantModel } from '../../src/models/constant-model.js';
import type { Trainer } from '../../src/models/contract.js';
import { challenge } from '../../src/retraining/challenge.js';
import { tune } from '../../src/retraining/tune.js';
import { createRandom } from '../../src/util/random.js';

const hyperparameters = { loss: 'quantile', quantile: 0.9 };

/** Its 0.9-quantile is 0.9, its median 0.5. */
const uniform = toTable({ y: Float64Array.from({ length: 1000 }, (_, i) => (i + 0.5) / 1000) });

describe('models of a quantile', () => {
  it('are tuned to the quantile, not to the median', async () => {
    const trainer: Trainer = {
      algorithm: 'gradient_boosting',
      train: async (request) => ({
        model: new ConstantModel(Number(request.hyperparameters['level'] ?? 0.5)),
        warnings: [],
      }),
    };
    const found = await tune({
      trainer,
      space: { level: { min: 0, max: 1, scale: 'linear' } },
      learn: uniform,
      validate: uniform,
      task: 'regression',
      featureColumns: [],
      targetColumn: 'y',
      fixed: hyperparameters,
      candidates: 60,
      random: createRandom(1),
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });
    expect(Math.abs(Number(found.hyperparameters['level']) - 0.9)).toBeLessThan(0.05);
    // ∫ of the loss of the prediction 0.5: 0.9·0.5²/2 + 0.1·0.5²/2
    expect(found.defaultLoss).toBeCloseTo(0.125, 4);
  });

  it.each([
    ['gradient_boosting', hyperparameters, 'quantile_loss', -1],
    ['gradient_boosting', {}, 'absolute_error', 1],
    ['extra_forest', hyperparameters, 'absolute_error', 1], // which knows no losses
  ])('are compared by the loss that %s with %o makes small', async (algorithm, told, loss, sign) => {
    const rows = { holdout: uniform, task: 'regression', targetColumn: 'y', timeColumn: null, split: '' } as const;
    const champion = { version: '1.0.0', digest: 'sha256:00', model: new ConstantModel(0.5), metrics: {} } as const;
    const { comparison } = await challenge(
      { ...rows, algorithm, hyperparameters: told },
      new ConstantModel(0.9),
      champion,
    );
    expect(comparison!.loss).toBe(loss);
    expect(Math.sign(comparison!.lower)).toBe(sign);
    expect(Math.sign(comparison!.upper)).toBe(sign);
  });
});
