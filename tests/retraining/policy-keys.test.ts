import { describe, expect, it } from 'vitest';
import {
  CanaryDeploymentManager,
  ExperimentTracker,
  ModelRegistry,
  RetrainPipeline,
  type TriggerRetrainingOptions,
} from '@bondx/mlops';
import { ConstantModel } from '../../src/models/constant-model.js';
import { createWorld, smallRows } from '../helpers.js';

const rows = smallRows(400);
const small = { maxIterations: 4, crossValidationFolds: 2 };

function setUp(retraining: object, model: object = {}) {
  const spread = { featureColumns: ['x', 'kind'], targetColumn: 'y', algorithm: 'cart', ...model };
  const world = createWorld({ models: { spread }, retraining: { ...small, ...retraining } } as never);
  const tracker = new ExperimentTracker(world.config, world.options);
  const registry = new ModelRegistry(world.config, world.options);
  return { ...world, registry, pipeline: new RetrainPipeline(world.config, tracker, registry) };
}

async function retrain(
  retraining: object,
  data: readonly object[] = rows,
  model: object = {},
  options: Partial<TriggerRetrainingOptions> = {},
) {
  const { pipeline, registry } = setUp(retraining, model);
  const byHand = { trigger: 'manual', ...options } as const;
  const result = await pipeline.triggerRetraining({ modelName: 'spread' }, data, byHand);
  const stored = await pipeline.getRetraining(result.retrainingId!);
  const { versions } = await registry.listModels();
  return { ...result, stored, digest: versions[0]?.digest };
}

describe('each key of retraining has an effect', () => {
  it('test_size: rows held back', async () => {
    expect((await retrain({ testSize: 0.5 })).challenge!.holdoutRows).toBe(200);
    expect((await retrain({ testSize: 0.25 })).challenge!.holdoutRows).toBe(100);
  });

  it('validation_size: rows to choose by, and none for no choice', async () => {
    expect((await retrain({ validationSize: 0.2 })).tuning!.validationRows).toBe(80);
    expect(await retrain({ validationSize: 0 })).not.toHaveProperty('tuning');
  });

  it('validation_size: of few rows none are left to choose by, and the defaults are trained', async () => {
    for (const count of [100, 160]) {
      const few = await retrain({ validationSize: 0.1 }, rows.slice(0, count));
      expect(few).not.toHaveProperty('tuning');
      expect(few.challenge!.holdoutRows).toBe(count / 5);
    }
    expect((await retrain({ validationSize: 0.1 }, rows.slice(0, 200))).tuning!.validationRows).toBe(20);
  });

  it('max_iterations and hyperparameter_tuning: candidates tried', async () => {
    expect((await retrain({ maxIterations: 6 })).tuning!.candidates).toBe(6);
    expect(await retrain({ maxIterations: 1 })).not.toHaveProperty('tuning');
    expect(await retrain({ hyperparameterTuning: false })).not.toHaveProperty('tuning');
  });

  it('cross_validation_folds: folds', async () => {
    expect((await retrain({ crossValidationFolds: 4 })).crossValidation!.folds).toBe(4);
  });

  it('random_state: which rows are drawn, the same for the same', async () => {
    const undated = rows.map(({ date: _, ...row }) => row);
    const digest = async (randomState: number) => (await retrain({ randomState }, undated)).digest;
    const first = await digest(1);
    expect(await digest(1)).toBe(first);
    expect(await digest(2)).not.toBe(first);
  });

  it('accepted_findings: what somebody has looked at', async () => {
    const copied = [...rows.slice(0, 280), ...rows.slice(0, 120)];
    expect(await retrain({}, copied)).toMatchObject({ status: 'rejected' });
    expect(await retrain({ acceptedFindings: ['duplicate_rows', 'holdout_overlap'] }, copied)).toMatchObject({
      status: 'registered',
    });
  });
});

describe('tuning of gradient boosting', () => {
  it('is seeded, and never worse than the defaults on the rows it chooses by', async () => {
    const model = { algorithm: 'gradient_boosting', hyperparameters: { max_iterations: 30 } };
    const tuned = await retrain({ maxIterations: 9 }, smallRows(700), model);
    expect(tuned.tuning).toMatchObject({ candidates: 9, hyperparameters: { max_iterations: 30 } });
    expect(tuned.tuning!.loss).toBeLessThanOrEqual(tuned.tuning!.defaultLoss);
    const again = await retrain({ maxIterations: 9 }, smallRows(700), model);
    expect(again.tuning).toEqual(tuned.tuning);
    expect(again.digest).toBe(tuned.digest);
  });
});

describe('data that would spoil a model', () => {
  it('with a column that is the label in other words, is refused before training, with the reason recorded', async () => {
    const leaking = rows.map((row) => ({ ...row, settlement: 100 - row.y / 7 }));
    const refused = await retrain({}, leaking, { featureColumns: ['x', 'kind', 'settlement'] });
    expect(refused).toMatchObject({ status: 'rejected', trainingTimeSeconds: 0 });
    expect(refused.findings).toMatchObject([{ check: 'leakage', severity: 'blocking', column: 'settlement' }]);
    expect(refused.stored).toMatchObject({ status: 'rejected', result: { reason: refused.reason } });
    expect(refused.stored.steps.map(({ name }) => name)).toEqual(['check']);
    expect(refused.digest).toBeUndefined();
  });

  it('with a poisoned batch, is refused with the reason recorded', async () => {
    const poisoned = rows.map((row, i) => ({ ...row, x: i % 25 === 0 ? Infinity : row.x }));
    const refused = await retrain({}, poisoned);
    expect(refused).toMatchObject({ status: 'rejected' });
    expect(refused.findings!.map(({ check }) => check)).toContain('impossible_values');
    expect(refused.stored.result!.reason).toContain('the data were refused');
  });
});

describe('a challenger that wins', () => {
  it('is handed over to a canary', async () => {
    const { registry, pipeline, config } = setUp({});
    await registry.register({
      modelName: 'spread',
      modelType: 'spread',
      featureColumns: ['x', 'kind'],
      targetColumn: 'y',
      model: new ConstantModel(12),
      performanceMetrics: { r2_score: 0.1 },
    });
    for (const targetStage of ['staging', 'production'] as const)
      await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage });
    const manager = new CanaryDeploymentManager(config, registry);
    const result = await pipeline.triggerRetraining({ modelName: 'spread' }, rows, {
      trigger: 'manual',
      canary: { manager, traffic: 0.1 },
    });
    expect(await manager.getDeployment(result.canary!.deploymentId!)).toMatchObject({
      candidateVersion: '1.1.0',
      trafficFraction: 0.1,
    });
    await manager.close();
  });
});
