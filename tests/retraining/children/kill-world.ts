/** A small model's life up to its alarm, on disk, for processes that are killed while they retrain it. */
import { join } from 'node:path';
import {
  CanaryDeploymentManager,
  type ContextOptions,
  DriftMonitor,
  type DriftReport,
  ExperimentTracker,
  MLOpsConfig,
  ModelRegistry,
  RetrainPipeline,
  openFilesystemArtifacts,
  openFilesystemStorage,
} from '@bondx/mlops';
import { FakeClock } from '@bondx/mlops/testing';
import { ConstantModel } from '../../../src/models/constant-model.js';
import { smallRows } from '../../helpers.js';

const hour = 3_600_000;

export const config = MLOpsConfig.fromObject(
  {
    promotion: {
      minAccuracy: 0,
      maxDrift: 1,
      requireExplainability: false,
      requireFeatureImportance: false,
      requireBiasTesting: false,
      requireComplianceCheck: false,
    },
    models: { spread: { featureColumns: ['x', 'kind'], targetColumn: 'y', algorithm: 'cart' } },
    tracking: { logEnvironment: false, logGitSha: false },
    retraining: { maxIterations: 9, crossValidationFolds: 2 },
    security: { encryptModelArtifacts: false }, // encrypted files differ from run to run: each has a key of its own
  },
  { environment: {} },
);

export interface Disk {
  readonly options: ContextOptions;
  readonly clock: FakeClock;
  readonly tracker: ExperimentTracker;
  readonly registry: ModelRegistry;
  readonly pipeline: RetrainPipeline;
  readonly canaries: CanaryDeploymentManager;
  close(): Promise<void>;
}

/** Opens what lies in a folder; `hours` have passed since the beginning. */
export async function openDisk(directory: string, hours: number): Promise<Disk> {
  const storage = await openFilesystemStorage(join(directory, 'records'), { durability: 'process' });
  const artifacts = await openFilesystemArtifacts(join(directory, 'artifacts'));
  const clock = new FakeClock(Date.UTC(2026, 0, 1) + hours * hour);
  const options: ContextOptions = { storage, artifacts, clock };
  const tracker = new ExperimentTracker(config, options);
  const registry = new ModelRegistry(config, options);
  return {
    options,
    clock,
    tracker,
    registry,
    pipeline: new RetrainPipeline(config, tracker, registry),
    canaries: new CanaryDeploymentManager(config, registry),
    close: async () => {
      await storage.close();
      await artifacts.close();
    },
  };
}

/** Puts a poor model into production and finds drift. */
export async function prepareAlarm({ registry, options }: Disk): Promise<DriftReport> {
  const { version } = await registry.register({
    modelName: 'spread',
    modelType: 'spread',
    featureColumns: ['x', 'kind'],
    targetColumn: 'y',
    model: new ConstantModel(10),
    performanceMetrics: { r2_score: 0.1 },
  });
  for (const targetStage of ['staging', 'production'] as const) {
    await registry.promoteModel({ modelName: 'spread', version, targetStage });
  }
  return new DriftMonitor(config, options).detectDrift({
    modelName: 'spread',
    baselineData: smallRows(500),
    currentData: smallRows(500, { seed: 2, shift: 4 }),
  });
}

export const trainingRows = () => smallRows(600);
