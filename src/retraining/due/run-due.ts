import type { TableInput } from '../../data/table.js';
import { type ErrorCode, MLOpsError } from '../../errors.js';
import type { PlanOptions } from '../make-plan.js';
import type { RetrainingWork } from '../retrain-options.js';
import type { RetrainingTrigger } from '../retraining-plan.js';
import type { RetrainResult } from '../retrain-result.js';
import { checkName, checkOptions, refuse } from '../../util/check.js';
import { isError } from '../../util/is-error.js';

/** A model that is retrained when something asks for it. */
export interface ManagedModel extends PlanOptions, Pick<RetrainingWork, 'canary'> {
  readonly modelName: string;
  /** The rows to learn from; asked for only when a retraining is begun. */
  readonly trainingData: () => Promise<TableInput>;
}

/** Which models {@link RetrainPipeline.runDue} looks at. */
export interface RunDueOptions {
  readonly models: readonly ManagedModel[];
  readonly signal?: AbortSignal;
  /** Called with the model, the share done, and the step. */
  readonly onProgress?: (modelName: string, fraction: number, stage: string) => void;
}

/** What came of one model. */
export interface DueOutcome {
  readonly modelName: string;
  /** Null when nothing asked for a retraining, or the caller may not know. */
  readonly trigger: RetrainingTrigger | null;
  /** What asked for it, or why nothing did. */
  readonly reason: string;
  /** Absent when nothing was due, or it failed. */
  readonly result?: RetrainResult;
  /** Why it failed; the other models are not held up by it. */
  readonly error?: { readonly code: ErrorCode; readonly message: string };
}

/** An error as part of an outcome; a stop is nobody's failure, and thrown on. */
export function asOutcome(error: unknown): NonNullable<DueOutcome['error']> {
  if (error instanceof MLOpsError && error.code === 'ABORTED') throw error;
  const code = error instanceof MLOpsError ? error.code : 'INTERNAL';
  return { code, message: isError(error) ? error.message : String(error) };
}

const modelOptions: readonly (keyof ManagedModel)[] = [
  'modelName',
  'trainingData',
  'timeColumn',
  'modelType',
  'algorithm',
  'hyperparameters',
  'reason',
  'canary',
];

/** Refuses what is no list of models, misspelled options included: they would come to light when something is due. */
export function checkModels(models: unknown): void {
  if (!Array.isArray(models)) refuse('models must be a list of { modelName, trainingData }');
  for (const model of models as readonly ManagedModel[]) {
    checkOptions(model, modelOptions, 'a model of runDue');
    checkName(model.modelName, 'modelName');
    if (typeof model.trainingData !== 'function') refuse('trainingData must be a function that gives the rows');
  }
}
