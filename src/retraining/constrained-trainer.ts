import type { AnyModel } from '../models/async-model.js';
import type { Trainer, TrainingResult } from '../models/contract.js';
import { refuse } from '../util/check.js';
import type { RetrainingPlan } from './retraining-plan.js';

/** A trainer that is told the constraints of a plan with every request: in tuning, cross-validation and training alike. */
export const constrained = (
  trainer: Trainer<AnyModel>,
  { monotoneConstraints, categoryOrder }: Pick<RetrainingPlan, 'monotoneConstraints' | 'categoryOrder'>,
): Trainer<AnyModel> => ({
  ...trainer,
  train: async (request) =>
    checkResult(trainer.algorithm, await trainer.train({ ...request, monotoneConstraints, categoryOrder })),
});

/** What a trainer of somebody's own gives back is input. */
function checkResult(algorithm: string, result: TrainingResult<AnyModel>): TrainingResult<AnyModel> {
  const given = result as Partial<TrainingResult<AnyModel>> | undefined;
  if (typeof given?.model?.predictBatch === 'function' && Array.isArray(given.warnings)) return result;
  return refuse(
    `the trainer ${algorithm} gave no model: train resolves with { model, warnings }, a model with predictBatch and a list of texts`,
  );
}
