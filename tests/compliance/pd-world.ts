import {
  type ComplianceInputs,
  ExperimentTracker,
  ModelInventory,
  ModelRegistry,
  type Principal,
  trainModel,
} from '@bondx/mlops';
import { type World, createWorld, smallRows } from '../helpers.js';

export const person = (id: string): Principal => ({ id, type: 'person', authentication: 'application' });

/** A registered model called `pd`, its registry as `ada`, and the inventory as anybody. */
export async function pdWorld(policy: Parameters<typeof createWorld>[0] = {}): Promise<
  World & {
    registry: ModelRegistry;
    inventoryOf: (id: string) => ModelInventory;
    registryOf: (id: string) => ModelRegistry;
  }
> {
  const world = createWorld(policy);
  const registry = new ModelRegistry(world.config, world.options);
  const tracker = new ExperimentTracker(world.config, world.options);
  const runId = await tracker.startRun({ experimentName: 'pd' });
  const trained = await trainModel(world.config, { modelType: 'spread', data: smallRows(150) });
  await tracker.endRun(runId, 'completed');
  await registry.register({
    modelName: 'pd',
    modelType: 'spread',
    runId,
    model: trained.model,
    featureColumns: trained.featureColumns,
    performanceMetrics: trained.metrics,
    trainingData: trained.trainingData,
    version: '1.0.0',
  });
  const registryOf = (id: string): ModelRegistry => registry.withPrincipal(person(id));
  return { ...world, registry, registryOf, inventoryOf: (id) => new ModelInventory(registryOf(id)) };
}

export const described = {
  modelName: 'pd',
  tier: 1,
  owner: 'credit risk',
  purpose: 'PD of corporates',
  measures: ['pd'],
  developers: ['Dora'],
} as const;

/** Outcomes that fit, of two grades, and defaults with scores. */
export const goodInputs: ComplianceInputs = {
  pd: {
    horizonEndsAt: '2025-10-01',
    grades: [
      { grade: 'A', pd: 0.01, obligors: 4000, defaults: 38, obligorsAtDevelopment: 4100 },
      { grade: 'B', pd: 0.05, obligors: 2000, defaults: 97, obligorsAtDevelopment: 1950 },
    ],
    defaulted: Array.from({ length: 200 }, (_, i) => Number(i % 4 === 0)),
    scores: Array.from({ length: 200 }, (_, i) => Number(i % 4 === 0) + ((i * 37) % 100) / 70),
    initialAuc: { auc: 0.8, variance: 0.001 },
  },
  decisions: 500,
};
