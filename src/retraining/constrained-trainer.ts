import type { AnyModel } from '../models/async-model.js';
import type { Trainer } from '../models/contract.js';
import type { RetrainingPlan } from './retraining-plan.js';

/** A trainer that is told the constraints of a plan with every request: in tuning, cross-validation and training alike. */
export const constrained = (
  trainer: Trainer<AnyModel>,
  { monotoneConstraints, categoryOrder }: Pick<RetrainingPlan, 'monotoneConstraints' | 'categoryOrder'>,
): Trainer<AnyModel> => ({
  ...trainer,
  train: (request) => trainer.train({ ...request, monotoneConstraints, categoryOrder }),
});
