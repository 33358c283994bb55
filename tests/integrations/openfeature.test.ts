import { ErrorCode, OpenFeature, ProviderStatus, StandardResolutionReasons } from '@openfeature/server-sdk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CanaryDeploymentManager, ModelRegistry } from '@bondx/mlops';
import { CanaryProvider, type CanaryProviderOptions } from '@bondx/mlops/openfeature';
import { ConstantModel } from '../../src/models/constant-model.js';
import { errorCodes } from '../../src/integrations/openfeature/resolution.js';
import { createWorld } from '../helpers.js';

const client = OpenFeature.getClient();
let manager: CanaryDeploymentManager;
let deploymentId: string;

beforeEach(async () => {
  const { config, options } = createWorld({ canary: { maxCanaryPercentage: 0.5 } });
  const registry = new ModelRegistry(config, options);
  manager = new CanaryDeploymentManager(config, registry);
  for (let i = 0; i < 2; i++) {
    await registry.register({
      modelName: 'spread',
      modelType: 'spread',
      featureColumns: ['x'],
      model: new ConstantModel(i),
      performanceMetrics: { r2_score: 0.5 },
    });
  }
  for (const targetStage of ['staging', 'production'] as const)
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage });
  const steps = [{ traffic: 0.5 }];
  deploymentId = await manager.createCanaryDeployment({ modelName: 'spread', candidateVersion: '1.0.1', steps });
  const serving = new CanaryDeploymentManager(config, registry);
  manager = serving;
  await OpenFeature.setProviderAndWait(new CanaryProvider({ manager, models: ['spread', 'bare'] }));
});

afterEach(async () => {
  await OpenFeature.clearProviders();
  await manager.close();
});

describe('the OpenFeature provider', () => {
  it('has the codes of the SDK without loading it', () => {
    const { FLAG_NOT_FOUND, GENERAL, INVALID_CONTEXT, TYPE_MISMATCH } = ErrorCode;
    expect(errorCodes).toEqual({
      flagNotFound: FLAG_NOT_FOUND,
      general: GENERAL,
      invalidContext: INVALID_CONTEXT,
      typeMismatch: TYPE_MISMATCH,
    });
  });

  it('is ready once it knows its models', () => {
    expect(client.metadata.providerMetadata.name).toBe('bondx-mlops-canary');
    expect(client.providerStatus).toBe(ProviderStatus.READY);
  });

  it('refuses what it cannot route with: OpenFeature would answer each request with its default', () => {
    const made = (options: unknown) => () => new CanaryProvider(options as CanaryProviderOptions);
    expect(made(manager)).toThrow('CanaryProvider takes { manager }');
    expect(made({})).toThrow('CanaryProvider takes { manager }');
    expect(made({ manager, models: 'spread' })).toThrow('models must be a list of names');
    expect(made({ manager, model: ['spread'] })).toThrow('it knows manager, models');
  });

  it('resolves versions as the manager routes them, with what recording needs', async () => {
    const variants = new Set<string | undefined>();
    for (let i = 0; i < 50; i++) {
      const details = await client.getStringDetails('spread', '0.0.0', { targetingKey: `k${i}` });
      const route = manager.routePrediction({ modelName: 'spread', routingKey: `k${i}` });
      expect(details.value).toBe(route.version);
      expect(details).toMatchObject({
        reason: StandardResolutionReasons.SPLIT,
        variant: route.reason,
        flagMetadata: { deploymentId, step: 0, unit: route.unit, routeReason: route.reason },
      });
      expect(await client.getBooleanValue('spread', false, { targetingKey: `k${i}` })).toBe(route.routeToCanary);
      variants.add(details.variant);
      const { routeReason, ...routed } = details.flagMetadata;
      const outcome = { modelName: 'spread', version: details.value, prediction: 1, actual: 1, ...routed };
      expect(manager.recordOutcome(outcome), String(routeReason)).toBe(true);
    }
    expect(variants).toEqual(new Set(['canary', 'production']));
    expect(await client.getObjectValue('spread', {}, { targetingKey: 'k' })).toMatchObject({ deploymentId, step: 0 });
  });

  it('names overrides, pauses and models without a canary for what they are', async () => {
    const named = { modelVersion: '1.0.1' };
    expect(await client.getStringDetails('spread', '', named)).toMatchObject({
      value: '1.0.1',
      reason: StandardResolutionReasons.TARGETING_MATCH,
      variant: 'canary',
    });
    await manager.pause(deploymentId);
    expect(await client.getStringDetails('spread', '')).toMatchObject({
      value: '1.0.0',
      reason: StandardResolutionReasons.DISABLED,
      variant: 'production',
    });
    await manager.rollbackCanary(deploymentId);
    expect(await client.getStringDetails('spread', '')).toMatchObject({
      value: '1.0.0',
      reason: StandardResolutionReasons.STATIC,
    });
  });

  it('gives the default and the code of the specification when it cannot tell', async () => {
    expect(await client.getStringDetails('unknown', 'd')).toMatchObject({
      value: 'd',
      reason: StandardResolutionReasons.ERROR,
      errorCode: ErrorCode.FLAG_NOT_FOUND,
    });
    expect(await client.getStringDetails('bare', 'd')).toMatchObject({ errorCode: ErrorCode.FLAG_NOT_FOUND });
    expect(await client.getNumberDetails('spread', 7)).toMatchObject({ value: 7, errorCode: ErrorCode.TYPE_MISMATCH });
    const context = { modelVersion: 3 };
    expect(await client.getStringDetails('spread', 'd', context)).toMatchObject({
      errorCode: ErrorCode.INVALID_CONTEXT,
    });
  });
});
