import type { DataCheckName } from '../config/model-policy.js';
import type { GateResult } from '../registry/gate-result.js';
import type { PairedComparison } from '../stats/paired-comparison.js';
import type { JsonObject } from '../util/json.js';

/** How champion and challenger did on the same holdout rows. */
export interface ChallengeResult {
  readonly holdoutRows: number;
  /** How the holdout was chosen. */
  readonly split: string;
  readonly challengerMetrics: Readonly<Record<string, number>>;
  /** Absent when there is no production version to compare with. */
  readonly championVersion?: string;
  readonly championMetrics?: Readonly<Record<string, number>>;
  /** Difference of losses with its interval; negative means the challenger is better. */
  readonly comparison?: PairedComparison & {
    readonly loss: 'absolute_error' | 'quantile_loss' | 'log_loss';
    readonly confidence: number;
  };
}

/** Something about the training data that a reader should know. */
export interface DataFinding {
  readonly check: DataCheckName;
  /** A blocking finding ends the retraining before anything is trained. */
  readonly severity: 'blocking' | 'warning';
  readonly column?: string;
  /** What was found and what to do. */
  readonly message: string;
}

/** What tuning tried and chose. */
export interface TuningResult {
  readonly hyperparameters: JsonObject;
  readonly candidates: number;
  readonly trainings: number;
  /** Mean loss of the choice and of the defaults on the validation rows. */
  readonly loss: number;
  readonly defaultLoss: number;
  readonly validationRows: number;
}

/** Quality over the folds of the training rows: mean and standard deviation of each metric. */
export interface CrossValidationResult {
  readonly folds: number;
  readonly method: 'forward_chaining' | 'random';
  readonly metrics: Readonly<Record<string, { readonly mean: number; readonly standardDeviation: number }>>;
}

interface RetrainBase {
  /** Of the stored record; absent when nothing was begun. */
  readonly retrainingId?: string;
  /** The tracking run that holds parameters, metrics and warnings; absent when nothing was begun. */
  readonly runId?: string;
  readonly trainingTimeSeconds: number;
  readonly reason: string;
  readonly findings?: readonly DataFinding[];
  readonly tuning?: TuningResult;
  readonly crossValidation?: CrossValidationResult;
  readonly challenge?: ChallengeResult;
  /** The gates of the policy for the challenger, before it was registered. */
  readonly gates?: readonly GateResult[];
  /** The canary that was begun, or why none was. */
  readonly canary?: { readonly deploymentId?: string; readonly reason?: string };
}

/** Why nothing was begun. */
export type SkipReason = 'not_required' | 'switched_off' | 'in_progress' | 'cooldown' | 'given_up';

/**
 * - `registered`: the challenger was proved better (or is the first), and is a new version in Development.
 * - `rejected`: the data was refused before training, or the challenger was not proved better than the champion, or failed
 *   a gate; recorded, not registered.
 * - `skipped`: nothing to do, nothing was begun.
 */
export type RetrainResult =
  | (RetrainBase & { readonly success: true; readonly status: 'registered'; readonly newModelVersion: string })
  | (RetrainBase & { readonly success: false; readonly status: 'rejected'; readonly newModelVersion: null })
  | (RetrainBase & {
      readonly success: false;
      readonly status: 'skipped';
      readonly newModelVersion: null;
      readonly skipped: SkipReason;
    });
