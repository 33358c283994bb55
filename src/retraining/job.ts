import type { MLOpsConfig } from '../config/mlops-config.js';
import type { Table } from '../data/table.js';
import type { AnyModel, ModelLoader } from '../models/async-model.js';
import type { Trainer } from '../models/contract.js';
import type { ModelRegistry } from '../registry/model-registry.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import type { Storage } from '../storage/storage.js';
import type { ExperimentTracker } from '../tracking/experiment-tracker.js';
import type { Clock } from '../util/clock.js';
import type { Random } from '../util/random.js';
import type { Journal } from './journal.js';
import type { RetrainingPlan } from './retraining-plan.js';
import type { StepName } from './retraining-record.js';
import type { SearchSpace } from './search-space.js';

/** What is needed of a `CanaryDeploymentManager` to begin a canary. */
export interface CanaryStarter {
  createCanaryDeployment(options: {
    readonly modelName: string;
    readonly candidateVersion: string;
    readonly initialTrafficPercentage?: number;
    readonly steps?: RetrainingPlan['canarySteps'];
  }): Promise<string>;
  getDeployment(deploymentId: string): Promise<{ readonly candidateVersion: string }>;
  /** Newest first; without it, a canary that ended before its retraining was resumed may be begun again. */
  listDeployments?(options: { readonly modelName: string }): Promise<{
    readonly deployments: readonly { readonly deploymentId: string; readonly candidateVersion: string }[];
  }>;
}

/** What the steps of one retraining work with. */
export interface Job {
  readonly retrainingId: string;
  readonly plan: RetrainingPlan;
  /** All rows, as they came. */
  readonly data: Table;
  readonly journal: Journal;
  readonly config: MLOpsConfig;
  readonly storage: Storage;
  readonly artifacts: ArtifactStore;
  readonly tracker: ExperimentTracker;
  readonly registry: ModelRegistry;
  readonly trainer: Trainer<AnyModel>;
  readonly space: SearchSpace;
  readonly loaders: readonly ModelLoader[];
  readonly canary?: CanaryStarter;
  readonly random: Random;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Says how far a step has come, from 0 to 1. */
  progress(step: StepName, fraction: number): void;
}
