import type { AnyModel, ModelLoader } from '../models/async-model.js';
import type { Trainer } from '../models/contract.js';
import type { ContextOptions } from '../runtime/context.js';
import type { Timer } from '../util/timer.js';
import type { CanaryStarter } from './job.js';
import type { PlanOptions } from './make-plan.js';
import type { RetrainingTrigger } from './retraining-plan.js';
import type { StepName } from './retraining-record.js';
import type { SearchSpace } from './search-space.js';

export interface RetrainPipelineOptions extends ContextOptions {
  /** Trainers besides the built-in ones, for `algorithm` to name. */
  readonly trainers?: readonly Trainer<AnyModel>[];
  /** What tuning varies for trainers of one's own, by algorithm. */
  readonly searchSpaces?: Readonly<Record<string, SearchSpace>>;
  /** For models of formats that the core does not read, such as `onnxLoader()` of `@bondx/mlops/onnx`. */
  readonly loaders?: readonly ModelLoader[];
  /** Renews the lease; the process's timers unless told. */
  readonly timer?: Timer;
  /** How long a process that says nothing counts as alive, milliseconds; ten minutes unless told. */
  readonly leaseMs?: number;
}

/** How work on a retraining is watched, stopped and followed up. */
export interface RetrainingWork {
  /** Begins a canary of the new version, of this share of the traffic; unless told, by the policy's `canary.steps` or, without those, its `initial_canary_percentage`. */
  readonly canary?: { readonly manager: CanaryStarter; readonly traffic?: number };
  readonly signal?: AbortSignal;
  /** Called with the share done, from 0 to 1, and the step: see `stepNames`. */
  readonly onProgress?: (fraction: number, stage: StepName | 'done') => unknown;
}

export interface TriggerRetrainingOptions extends PlanOptions, RetrainingWork {
  /**
   * Why. `drift` (unless told) and `performance` follow a report: they do nothing when it does not ask for retraining or
   * the policy's `auto_retrain_on_…` is off. `schedule` and `manual` train in any case; the cooldown is for alarms only.
   */
  readonly trigger?: RetrainingTrigger;
  /**
   * Two calls with one key are one retraining: the second resumes it, or is given its result. Unless told, alarms of one
   * report on the same data have the same key, and other calls have none.
   */
  readonly idempotencyKey?: string;
}

/** What a pipeline takes besides what every class does. */
export const pipelineOptionNames = ['trainers', 'searchSpaces', 'loaders', 'timer', 'leaseMs'];

export const workOptionNames = ['canary', 'signal', 'onProgress'];
export const triggerOptionNames = [
  'trigger',
  'idempotencyKey',
  'timeColumn',
  'modelType',
  'algorithm',
  'hyperparameters',
  'reason',
  ...workOptionNames,
];
