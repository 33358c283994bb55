import type { Table } from '../../data/table.js';
import { predictInSteps } from '../../models/predict-in-steps.js';
import { numericTarget } from '../../models/target.js';
import { refuse } from '../../util/check.js';
import type { JsonObject } from '../../util/json.js';
import type { Champion } from '../challenge.js';
import { checkInBackground } from '../checks/check-in-background.js';
import { crossValidate } from '../cross-validate.js';
import type { Job } from '../job.js';
import type { CrossValidationResult, DataFinding, TuningResult } from '../retrain-result.js';
import { type SplitData, knownTargets, splitData, splitIfEnough } from '../split-data.js';
import { tune } from '../tune.js';

/** Looks for what would spoil a model. */
export async function checkStep(
  job: Job,
  parts: SplitData,
  champion: Champion | undefined,
): Promise<readonly DataFinding[]> {
  const { plan, data, journal, config, clock, random } = job;
  const accepted = config.policy.retraining.acceptedFindings;
  const inputs = { data: data.digest(), champion: champion?.digest ?? null, accepted };
  return journal.step('check', inputs, async () => {
    const judged = champion && {
      version: champion.version,
      scores: await predictInSteps(champion.model, parts.train),
      metrics: champion.metrics,
      ...(champion.profile !== undefined && { profile: champion.profile }),
    };
    return checkInBackground(
      {
        plan,
        data,
        train: parts.train,
        holdout: parts.test,
        now: clock.now(),
        random: random.split('check'),
        ...(judged !== undefined && { champion: judged }),
      },
      accepted,
      job.signal,
    );
  });
}

/** Divides the rows into those to learn from and those held back; the same division however often it is made. */
export function divide({ plan, data, random }: Job): SplitData {
  return splitData(knownTargets(data, plan.targetColumn), {
    task: plan.task,
    targetColumn: plan.targetColumn,
    timeColumn: plan.timeColumn,
    testSize: plan.testSize,
    random: random.split('split'),
  });
}

/** Records the division; an earlier record of it must say the same. */
export async function splitStep({ journal, data }: Job, { train, test, split }: SplitData): Promise<void> {
  const [trainDigest, holdoutDigest] = [train.digest(), test.digest()];
  const recorded = await journal.step('split', { data: data.digest() }, () =>
    Promise.resolve({
      split,
      train: { digest: trainDigest, rowCount: train.rowCount },
      holdout: { digest: holdoutDigest, rowCount: test.rowCount },
    }),
  );
  if (recorded.train.digest !== trainDigest || recorded.holdout.digest !== holdoutDigest) {
    refuse(
      'the rows are divided otherwise than when this retraining began (by another version of the library?); begin a new one',
    );
  }
}

/** Looks for better hyperparameters; null when there is nothing to vary, or fewer than 20 rows to choose by. */
export async function tuneStep(job: Job, { train }: SplitData): Promise<TuningResult | null> {
  const { plan, journal, random, trainer, space, signal } = job;
  const isFree = Object.keys(space).some((name) => !Object.hasOwn(plan.hyperparameters, name));
  if (plan.tuningCandidates < 2 || plan.validationSize === 0 || !isFree) return null;
  const parts = splitValidation(job, train);
  if (parts === undefined) return null; // they tell candidates apart by chance only
  return journal.step('tune', { train: train.digest() }, async () => {
    const { task, targetColumn } = plan;
    return tune({
      trainer,
      space,
      learn: parts.train,
      validate: parts.test,
      task,
      featureColumns: plan.featureColumns,
      targetColumn,
      fixed: plan.hyperparameters,
      candidates: plan.tuningCandidates,
      random: random.split('tune'),
      signal,
      onProgress: (fraction) => job.progress('tune', fraction),
    });
  });
}

/** Holds `retraining.validation_size` of all rows back from those to learn from: the latest where there is a time column. */
const splitValidation = (job: Job, train: Table): SplitData | undefined =>
  splitIfEnough(train, {
    task: job.plan.task,
    targetColumn: job.plan.targetColumn,
    timeColumn: hasSeveral(job, train) ? job.plan.timeColumn : null,
    testSize: job.plan.validationSize / (1 - job.plan.testSize),
    random: job.random.split('validation'),
  });

/** Rows of one time stamp only cannot be divided by time once more. */
function hasSeveral({ plan }: Job, table: SplitData['train']): boolean {
  const column = plan.timeColumn === null ? undefined : table.column(plan.timeColumn);
  return column !== undefined && column.kind !== 'categorical' && column.values.some((at) => at !== column.values[0]);
}

/** Measures how much the quality varies; null when the trainer is not to be run so often. */
export async function crossValidateStep(
  job: Job,
  { train }: SplitData,
  hyperparameters: JsonObject,
): Promise<CrossValidationResult | null> {
  const { plan, journal, random, trainer, signal } = job;
  if (plan.folds === 0 || numericTarget(train, plan.targetColumn).length < 2 * plan.folds) return null;
  return journal.step('cross_validate', { train: train.digest(), hyperparameters }, () =>
    crossValidate({
      trainer,
      table: train,
      task: plan.task,
      featureColumns: plan.featureColumns,
      targetColumn: plan.targetColumn,
      timeColumn: plan.timeColumn,
      hyperparameters,
      folds: plan.folds,
      random: random.split('cross_validate'),
      signal,
      onProgress: (fraction) => job.progress('cross_validate', fraction),
    }),
  );
}
