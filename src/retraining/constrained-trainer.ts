import { MLOpsError } from '../errors.js';
import type { AnyModel } from '../models/async-model.js';
import type { Trainer, TrainingResult } from '../models/contract.js';
import { refuse } from '../util/check.js';
import { checkNotAborted } from '../util/in-steps.js';
import type { RetrainingPlan } from './retraining-plan.js';

/** Milliseconds that a trainer has to end once its signal tells it to; one that does not look would be waited for for ever. */
const graceMs = 10_000;

/** A trainer that is told the constraints of a plan with every request: in tuning, cross-validation and training alike. */
export const constrained = (
  trainer: Trainer<AnyModel>,
  { monotoneConstraints, categoryOrder }: Pick<RetrainingPlan, 'monotoneConstraints' | 'categoryOrder'>,
): Trainer<AnyModel> => ({
  ...trainer,
  train: async (request) => {
    const work = async () => trainer.train({ ...request, monotoneConstraints, categoryOrder });
    return checkResult(trainer.algorithm, await unlessAborted(work(), trainer.algorithm, request.signal));
  },
});

/** What comes of the work; `ABORTED` where it fails after its signal told it to end, or goes on regardless. */
async function unlessAborted<T>(
  work: Promise<T>,
  algorithm: string,
  signal = new AbortController().signal,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort = (): void => undefined;
  const goesOn = new Promise<never>((_, reject) => {
    const message = `the trainer ${algorithm} went on after it was told to stop; what it still does counts for nothing`;
    onAbort = () => (timer = setTimeout(() => reject(new MLOpsError('ABORTED', message)), graceMs));
  });
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, goesOn]);
  } catch (error) {
    if (!(error instanceof MLOpsError)) checkNotAborted(signal);
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    clearTimeout(timer);
  }
}

/** What a trainer of somebody's own gives back is input. */
function checkResult(algorithm: string, result: TrainingResult<AnyModel>): TrainingResult<AnyModel> {
  const given = result as Partial<TrainingResult<AnyModel>> | undefined;
  if (typeof given?.model?.predictBatch === 'function' && Array.isArray(given.warnings)) return finiteMetrics(result);
  return refuse(
    `the trainer ${algorithm} gave no model: train resolves with { model, warnings }, a model with predictBatch and a list of texts`,
  );
}

/** Its own metrics are recorded, not relied on: one that is no number is no reason to lose the model. */
function finiteMetrics(result: TrainingResult<AnyModel>): TrainingResult<AnyModel> {
  const all = Object.entries(result.metrics ?? {});
  const odd = all.filter(([, value]) => !Number.isFinite(value));
  if (odd.length === 0) return result;
  const metrics = Object.fromEntries(all.filter(([, value]) => Number.isFinite(value)));
  const left = odd.map(([name, value]) => `the trainer's metric ${name} is ${String(value)}: left out`);
  return { ...result, metrics, warnings: [...result.warnings, ...left] };
}
