import { type MLOpsConfig, type ModelRegistry, createRandom, trainModel } from '@bondx/mlops';
import { type Bond, drawBond } from './market.js';

/**
 * Registers three versions: one for production, trained on few and noisy quotes; a bad candidate, whose training data had
 * the energy sector's spreads tripled; and a good one.
 */
export async function registerVersions(config: MLOpsConfig, registry: ModelRegistry): Promise<void> {
  const bonds = (count: number, noise: number, seed: string): Bond[] => {
    const random = createRandom(seed);
    return Array.from({ length: count }, () => drawBond(random, noise));
  };
  const good = bonds(1500, 20, 'good');
  const bad = good.map((bond) => (bond.sector === 'ENERGY' ? { ...bond, spread_bps: 3 * bond.spread_bps } : bond));
  await register(config, registry, bonds(300, 120, 'first'), 'few quotes, far off the market', 5);
  await register(config, registry, bad, 'many quotes; those of energy are wrong', 10);
  await register(config, registry, good, 'many quotes', 10);
  for (const targetStage of ['staging', 'production'] as const) {
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage });
  }
}

async function register(
  config: MLOpsConfig,
  registry: ModelRegistry,
  data: readonly Bond[],
  description: string,
  maxDepth: number,
): Promise<void> {
  const hyperparameters = { max_depth: maxDepth, min_samples_split: 10 };
  const trained = await trainModel(config, { modelType: 'spread', data, hyperparameters });
  const { featureColumns, targetColumn, model, metrics: performanceMetrics } = trained;
  await registry.register({
    ...{ modelName: 'spread', modelType: 'spread', featureColumns, targetColumn, model, performanceMetrics },
    description,
  });
}
