import type { CanaryPolicy } from '../config/model-policy.js';
import type { Table } from '../data/table.js';
import { captureGit } from '../tracking/git.js';
import { findModel } from '../registry/stage-change.js';
import type { Context } from '../runtime/context.js';
import { checkFraction, checkOptionalName, refuse } from '../util/check.js';
import type { JsonObject } from '../util/json.js';
import type { Random } from '../util/random.js';
import { reasonOf } from './due/reason-of.js';
import type { RetrainingCause, RetrainingPlan, RetrainingTrigger } from './retraining-plan.js';
import { guessTimeColumn, knownTargets, splitData } from './split-data.js';
import { algorithmFor, modelColumns, withPatience } from './model-settings.js';

/** What a caller may say about how to retrain. */
export interface PlanOptions {
  /** Column to split by; `models.<type>.time_column` or a date column called `date` unless told. */
  readonly timeColumn?: string;
  /** Which policy section under `models` applies; unless told that of the registered model, else the model's name. */
  readonly modelType?: string;
  /** `models.<type>.algorithm` and `hyperparameters` unless told. */
  readonly algorithm?: string;
  /** What is set here or in the policy is left alone by tuning. */
  readonly hyperparameters?: JsonObject;
  /** Why, in words, for the record; what the report or the calendar says unless told. */
  readonly reason?: string;
}

/** The type that a model's versions are of; for one that is not registered yet, its name. */
export async function typeOfModel({ stores }: Context, modelName: string): Promise<string> {
  return (await findModel(await stores.storage(), modelName))?.value.modelType ?? modelName;
}

/**
 * Settles how a retraining is to go.
 *
 * @throws MLOpsError `INVALID_INPUT` for columns that are missing, a target that is no number, or too few rows
 */
export async function makePlan(
  context: Context,
  trigger: RetrainingTrigger,
  cause: RetrainingCause,
  options: PlanOptions & {
    readonly canary?: { readonly traffic?: number };
    readonly modelType: string;
    readonly isCostly: boolean;
  },
  data: Table,
): Promise<RetrainingPlan> {
  const { config } = context;
  const { modelName } = cause;
  const { modelType } = options;
  const policy = config.modelPolicy(modelType);
  const { retraining, tracking, seed } = config.policy;
  const { featureColumns, targetColumn } = modelColumns(config, modelType, cause);
  const known = knownTargets(data, targetColumn);
  const { monotoneConstraints, categoryOrder } = policy;
  const algorithm = algorithmFor(options.algorithm ?? policy.algorithm, known.rowCount, policy);
  for (const column of [...featureColumns, ...policy.fairnessColumns]) known.column(column);
  const timeColumn = options.timeColumn ?? policy.timeColumn ?? guessTimeColumn(known);
  const plan: RetrainingPlan = {
    modelName,
    modelType,
    trigger,
    reportId: cause.reportId ?? null,
    reason: checkOptionalName(options.reason, 'reason') ?? reasonOf(trigger, cause),
    task: policy.task,
    featureColumns,
    targetColumn,
    timeColumn,
    leakingColumns: policy.leakingColumns,
    fairnessColumns: policy.fairnessColumns,
    algorithm,
    monotoneConstraints,
    categoryOrder,
    hyperparameters: withPatience(options.hyperparameters ?? policy.hyperparameters, algorithm, retraining),
    testSize: retraining.testSize,
    validationSize: retraining.validationSize,
    tuningCandidates: retraining.hyperparameterTuning && !options.isCostly ? retraining.maxIterations : 0,
    folds: options.isCostly ? 0 : retraining.crossValidationFolds,
    seed: seedFrom(context.random.split(`retraining/${retraining.randomState}`), seed),
    ...planCanary(options.canary, config.policy.canary),
    codeCommit: tracking.logGitSha ? await currentCommit() : null,
    policyDigest: config.digest,
  };
  splitData(known, { ...plan, random: context.random }); // too few rows are refused before anything is written
  return plan;
}

function planCanary(
  canary: { readonly traffic?: number } | undefined,
  { steps, initialCanaryPercentage, maxCanaryPercentage: most }: CanaryPolicy,
): Pick<RetrainingPlan, 'canaryTraffic' | 'canarySteps'> {
  if (canary === undefined) return { canaryTraffic: null };
  if (canary.traffic === undefined && steps.length > 0) return { canaryTraffic: steps[0]!.traffic, canarySteps: steps };
  const canaryTraffic = checkFraction(canary.traffic ?? initialCanaryPercentage, 'canary.traffic');
  if (canaryTraffic > 0 && canaryTraffic < 1 && canaryTraffic <= most) return { canaryTraffic };
  return refuse(
    `canary.traffic must be above 0 and at most canary.max_canary_percentage (${most}), got ${canaryTraffic}`,
  );
}

/** A seed that says which source it came from: 128 bits of it, and the policy's own. */
const seedFrom = (random: Random, seed: number): string =>
  [seed, ...Array.from({ length: 4 }, () => Math.floor(random.next() * 2 ** 32).toString(16))].join('-');

async function currentCommit(): Promise<string | null> {
  const commit = (await captureGit())?.['commit'];
  return typeof commit === 'string' ? commit : null;
}
