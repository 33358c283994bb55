import { describe, expect, it } from 'vitest';
import { CanaryDeploymentManager, type CanaryDecision, ModelRegistry, type Outcome } from '@bondx/mlops';
import { ConstantModel } from '../../src/models/constant-model.js';
import { createWorld } from '../helpers.js';

interface Policy {
  readonly canary?: object;
  /** `models.spread.canary` */
  readonly model?: object;
}

/** A manager with 1.0.0 (always says 0) in production and 1.0.1 (always says 1) to try. */
async function open({ canary = {}, model = {} }: Policy) {
  const { config, options } = createWorld({
    canary: { maxCanaryPercentage: 0.5, evaluationMetrics: ['mae'], ...canary },
    models: { spread: { canary: model } },
  });
  const registry = new ModelRegistry(config, options);
  for (let i = 0; i < 2; i++) {
    await registry.register({
      modelName: 'spread',
      modelType: 'spread',
      featureColumns: ['x', 'sector'],
      targetColumn: 'y',
      model: new ConstantModel(i),
      performanceMetrics: { r2_score: 0.5 },
    });
  }
  for (const targetStage of ['staging', 'production'] as const)
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage });
  return new CanaryDeploymentManager(config, registry);
}

/** What is decided after requests whose outcome depends on the version that answers. */
async function decide(
  policy: Policy,
  requests: number,
  outcome: (isCanary: boolean) => Partial<Outcome>,
): Promise<CanaryDecision> {
  const manager = await open(policy);
  const steps = [{ traffic: 0.5 }];
  const id = await manager.createCanaryDeployment({ modelName: 'spread', candidateVersion: '1.0.1', steps });
  for (let i = 0; i < requests; i++) {
    const { version, ...route } = manager.routePrediction({ modelName: 'spread', routingKey: `${i}` });
    const said = { modelName: 'spread', version: version!, prediction: 1, actual: 1 };
    manager.recordOutcome({ ...said, ...outcome(route.routeToCanary), ...route });
  }
  return manager.evaluate(id);
}

describe('a hard limit', () => {
  it.each([
    ['max_predictions', { maxPredictions: 20 }, {}, "the canary's predictions"],
    ['max_value', { maxValue: 1e6 }, { value: -1e5 }, "the canary's value"],
    ['max_errors', { maxErrors: 0 }, { error: true }, "the canary's errors"],
  ])('%s rolls a canary back that goes beyond it, and only then', async (_key, canary, ofCanary, said) => {
    const outcome = (isCanary: boolean) => (isCanary ? ofCanary : {});
    expect(await decide({ canary }, 100, outcome)).toMatchObject({
      verdict: 'rollback',
      cause: 'limit',
      reason: expect.stringContaining(said) as string,
    });
    expect(await decide({}, 100, outcome)).not.toMatchObject({ cause: 'limit' });
    expect(await decide({ canary: { ...canary, maxErrors: 100 } }, 4, outcome)).toMatchObject({ verdict: 'hold' });
  });
});

describe('a budget', () => {
  it('latency_budget_ms makes a slow canary harmful', async () => {
    const outcome = (isCanary: boolean) => ({ latencyMs: isCanary ? 80 : 8 });
    const guardrails = [{ guardrail: 'errors' }, { guardrail: 'latency', status: 'harmful' }];
    expect(await decide({ canary: { latencyBudgetMs: 50 } }, 300, outcome)).toMatchObject({
      verdict: 'rollback',
      cause: 'guardrail',
      guardrails,
    });
    expect(await decide({ canary: { latencyBudgetMs: 100 } }, 300, outcome)).toMatchObject({ verdict: 'hold' });
    expect(await decide({}, 300, outcome)).toMatchObject({ verdict: 'hold', guardrails: [{ guardrail: 'errors' }] });
  });

  it('is not needed to be told how long the arms take', async () => {
    const { latency } = await decide({}, 4000, (isCanary) => ({ latencyMs: isCanary ? 80 : 8 }));
    const [median, p99] = latency;
    expect(median!.canary!.lower).toBeLessThanOrEqual(80);
    expect(median!.canary!.upper).toBeGreaterThan(80);
    expect(p99!.production!.lower).toBeLessThanOrEqual(8);
    expect(p99!.production!.upper).toBeLessThan(10);
  });

  it('miss_budget makes a canary harmful that is far off too often, long before means tell', async () => {
    const outcome = (isCanary: boolean) => ({ actual: isCanary ? 31 : 2 });
    expect(await decide({ model: { missBudget: 20 } }, 300, outcome)).toMatchObject({
      verdict: 'rollback',
      guardrails: [{ guardrail: 'errors' }, { guardrail: 'misses', status: 'harmful' }],
    });
    expect(await decide({ model: { missBudget: 40 } }, 300, outcome)).toMatchObject({ verdict: 'hold' });
    expect(await decide({}, 300, outcome)).toMatchObject({ verdict: 'hold' });
  });
});

/** What 800 shadow requests prove. */
async function shadow(policy: Policy): Promise<CanaryDecision> {
  const manager = await open(policy);
  const steps = [{ traffic: 0 }];
  const id = await manager.createCanaryDeployment({ modelName: 'spread', candidateVersion: '1.0.1', steps });
  await manager.serve('spread');
  for (let i = 0; i < 800; i++) {
    const features = { x: i, sector: i % 2 === 0 ? 'ENERGY' : null };
    manager.predict({ modelName: 'spread', features, routingKey: `${i}`, actual: 1 });
  }
  return manager.evaluate(id);
}

describe('shadow requests', () => {
  it('prove a better candidate from few pairs when loss_bound is known', async () => {
    expect((await shadow({ model: { lossBound: 2 } })).metrics).toMatchObject([{ status: 'good_enough' }]);
    expect((await shadow({})).metrics).toMatchObject([{ status: 'undecided' }]);
  });

  it('belong to the segment that segment_column says, unless the request says it', async () => {
    expect((await shadow({ model: { segmentColumn: 'sector' } })).segments).toMatchObject([{ segment: 'ENERGY' }]);
    expect((await shadow({})).segments).toEqual([]);
  });
});
