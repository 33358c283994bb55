import type { CanaryPolicy } from '../config/model-policy.js';
import type { Task, TrainingRequest } from '../models/contract.js';
import type { Digest } from '../util/digest.js';
import type { JsonObject } from '../util/json.js';

/** Why a retraining was begun. */
export const retrainingTriggers = ['drift', 'performance', 'schedule', 'manual'] as const;
/** Why a retraining was begun. */
export type RetrainingTrigger = (typeof retrainingTriggers)[number];

/**
 * What asks for a retraining: a {@link DriftReport}, a {@link PerformanceReport}, or just the name of the model with
 * `trigger: 'manual'`.
 */
export interface RetrainingCause {
  readonly modelName: string;
  readonly reportId?: string;
  readonly requiresRetraining?: boolean;
  readonly verdict?: string;
  readonly driftedFeatures?: readonly string[];
  /** `models.<type>.feature_columns` unless told. */
  readonly featureColumns?: readonly string[];
  readonly targetColumn?: string;
}

/**
 * Everything that decides what a retraining comes to, settled when it begins and stored with it: whoever resumes it, with
 * whatever policy, ends in the same model.
 */
export interface RetrainingPlan {
  readonly modelName: string;
  readonly modelType: string;
  readonly trigger: RetrainingTrigger;
  readonly reportId: string | null;
  /** Why it was begun, in words. */
  readonly reason: string;
  readonly task: Task;
  readonly featureColumns: readonly string[];
  readonly targetColumn: string;
  /** Column to split by; null splits at random. */
  readonly timeColumn: string | null;
  /** Columns that are only known once the target is. */
  readonly leakingColumns: readonly string[];
  /** Columns whose groups the model must treat alike. */
  readonly fairnessColumns: readonly string[];
  readonly algorithm: string;
  /** Features that predictions must follow. */
  readonly monotoneConstraints: NonNullable<TrainingRequest['monotoneConstraints']>;
  /** Orders of ordinal categories. */
  readonly categoryOrder: NonNullable<TrainingRequest['categoryOrder']>;
  /** What was set by hand; tuning leaves it alone. */
  readonly hyperparameters: JsonObject;
  readonly testSize: number;
  readonly validationSize: number;
  /** Candidates that tuning tries; 0 for no tuning. */
  readonly tuningCandidates: number;
  readonly folds: number;
  /** Of all random choices. */
  readonly seed: string;
  /** Share of the traffic for a canary of the new version; null begins none. */
  readonly canaryTraffic: number | null;
  /** The rollout of that canary, where the policy has one and no share was named. */
  readonly canarySteps?: CanaryPolicy['steps'];
  /** The git commit of the training code; null when it is not known or not to be recorded. */
  readonly codeCommit: string | null;
  readonly policyDigest: Digest;
}
