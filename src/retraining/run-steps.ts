import { MLOpsError } from '../errors.js';
import { type AnyModel, closeModel } from '../models/async-model.js';
import type { GateResult } from '../registry/gate-result.js';
import { type Champion, reasonToAccept, reasonToReject } from './challenge.js';
import { findChampion } from './find-champion.js';
import type { Job } from './job.js';
import type {
  ChallengeResult,
  CrossValidationResult,
  DataFinding,
  RetrainResult,
  TuningResult,
} from './retrain-result.js';
import type { StepName } from './retraining-record.js';
import type { SplitData } from './split-data.js';
import { compareStep, explainStep, failedGates, gatesStep } from './steps/judge.js';
import { checkStep, crossValidateStep, divide, splitStep, tuneStep } from './steps/prepare.js';
import { type RegisterOutput, canaryStep, registerStep } from './steps/publish.js';
import { type Challenger, type TrainingOutput, trainStep } from './steps/train.js';
import { ensureRun, latestRun, logMetricsOnce } from './training-run.js';

/** Production may change this often between comparison and registration before the retraining gives up. */
const maxComparisons = 3;

/**
 * Takes a retraining from its data to its result. Every step is recorded when it is completed, so this may be begun again
 * at any time, in any process: completed steps are read back, the rest is computed.
 */
export async function runSteps(job: Job): Promise<RetrainResult> {
  const registered = job.journal.output('register') as RegisterOutput | undefined;
  if (registered !== undefined) return afterRegistration(job, registered.version);
  const runId = await ensureRun(job);
  const models: AnyModel[] = [];
  const keep = <M extends { readonly model: AnyModel } | undefined>(found: M): M => {
    if (found !== undefined) models.push(found.model);
    return found;
  };
  try {
    begin(job, 'check');
    const champion = keep(await findChampion(job));
    const parts = divide(job);
    // The steps ask for these digests; here they are computed without holding the event loop.
    for (const table of [job.data, parts.train, parts.test]) await table.digestInSteps({ signal: job.signal });
    const findings = await checkStep(job, parts, champion);
    const base = { retrainingId: job.retrainingId, runId, ...(findings.length > 0 && { findings }) };
    const blocking = findings.filter(({ severity }) => severity === 'blocking');
    if (blocking.length > 0) {
      const reason = `the data were refused: ${blocking.map(({ message }) => message).join('; ')}`;
      return { ...base, success: false, status: 'rejected', newModelVersion: null, trainingTimeSeconds: 0, reason };
    }
    const { challenger, quality } = await trainChallenger(job, parts, runId);
    keep(challenger);
    const judged = await judge(job, { parts, challenger, champion, runId, keep });
    return { ...base, ...quality, trainingTimeSeconds: challenger.trainingTimeSeconds, ...judged };
  } finally {
    for (const model of models) await closeModel(model);
  }
}

/**
 * The result of a retraining that was interrupted after it had registered its version. Nothing is compared any more:
 * production may have moved on, perhaps to this very version.
 */
async function afterRegistration(job: Job, version: string): Promise<RetrainResult> {
  const { journal } = job;
  const findings = (journal.output('check') ?? []) as unknown as readonly DataFinding[];
  const tuning = journal.output('tune') as unknown as TuningResult | undefined;
  const crossValidation = journal.output('cross_validate') as unknown as CrossValidationResult | undefined;
  const outcome = journal.output('compare') as unknown as ChallengeResult;
  const gates = journal.output('gates') as unknown as readonly GateResult[];
  const { trainingTimeSeconds } = journal.output('train') as unknown as TrainingOutput;
  const runId = await latestRun(job.storage, job.retrainingId);
  const canary = await canaryStep(job, version);
  return {
    retrainingId: job.retrainingId,
    ...(runId !== undefined && { runId }),
    ...(findings.length > 0 && { findings }),
    ...(tuning !== undefined && { tuning }),
    ...(crossValidation !== undefined && { crossValidation }),
    trainingTimeSeconds,
    success: true,
    status: 'registered',
    newModelVersion: version,
    reason: reasonToAccept(outcome),
    challenge: outcome,
    gates,
    ...(canary !== undefined && { canary }),
  };
}

type Quality = Pick<RetrainResult, 'tuning' | 'crossValidation'>;

async function trainChallenger(
  job: Job,
  parts: SplitData,
  runId: string,
): Promise<{ challenger: Challenger; quality: Quality }> {
  const { plan, tracker } = job;
  begin(job, 'split');
  await splitStep(job, parts);
  begin(job, 'tune');
  const tuning = await tuneStep(job, parts);
  const hyperparameters = tuning?.hyperparameters ?? plan.hyperparameters;
  begin(job, 'cross_validate');
  const crossValidation = await crossValidateStep(job, parts, hyperparameters);
  begin(job, 'train');
  const challenger = await trainStep(job, parts.train, hyperparameters, runId);
  await tracker.logParameters(runId, {
    algorithm: plan.algorithm,
    hyperparameters,
    trainingDataDigest: parts.train.digest(),
    trainingRows: parts.train.rowCount,
    holdout: parts.split,
  });
  const own = Object.entries(challenger.ownMetrics ?? {}).map(([name, value]) => [`trainer.${name}`, value] as const);
  if (own.length > 0) await logMetricsOnce(tracker, runId, Object.fromEntries(own));
  if (challenger.warnings.length > 0) await tracker.setTags(runId, { warnings: challenger.warnings.join('; ') });
  const quality = { ...(tuning !== null && { tuning }), ...(crossValidation !== null && { crossValidation }) };
  return { challenger, quality };
}

interface Bout {
  readonly parts: SplitData;
  readonly challenger: Challenger;
  readonly champion: Champion | undefined;
  readonly runId: string;
  /** Sees to it that the champion is closed in the end. */
  readonly keep: (champion: Champion | undefined) => Champion | undefined;
}

type Judged = Pick<RetrainResult, 'reason' | 'challenge' | 'gates' | 'canary'> &
  (
    | { readonly success: true; readonly status: 'registered'; readonly newModelVersion: string }
    | { readonly success: false; readonly status: 'rejected'; readonly newModelVersion: null }
  );

/** Compares, explains, passes the gates and registers; from the beginning when production has changed meanwhile. */
async function judge(job: Job, bout: Bout): Promise<Judged> {
  const { parts, challenger, runId } = bout;
  let { champion } = bout;
  for (let round = 1; round <= maxComparisons; round++) {
    begin(job, 'compare');
    const outcome = await compareStep(job, parts, challenger, champion);
    await logMetricsOnce(job.tracker, runId, outcome.challengerMetrics);
    const notBetter = reasonToReject(outcome);
    if (notBetter !== undefined) return reject({ reason: notBetter, challenge: outcome });
    begin(job, 'explain');
    const explanation = await explainStep(job, parts, challenger);
    begin(job, 'gates');
    const gates = await gatesStep(job, challenger, outcome, explanation);
    const refusal = failedGates(gates);
    if (refusal !== undefined) return reject({ reason: refusal, challenge: outcome, gates });
    begin(job, 'register');
    const version = await registerStep(job, { challenger, train: parts.train, champion, outcome, explanation, runId });
    if (version === undefined) {
      champion = bout.keep(await findChampion(job));
      continue;
    }
    begin(job, 'canary');
    const canary = await canaryStep(job, version);
    const said = {
      reason: reasonToAccept(outcome),
      challenge: outcome,
      gates,
      ...(canary !== undefined && { canary }),
    };
    return { success: true, status: 'registered', newModelVersion: version, ...said };
  }
  return reject({
    reason: `production changed ${maxComparisons} times while the challenger was compared; retrain again`,
  });
}

const reject = (said: Pick<RetrainResult, 'reason' | 'challenge' | 'gates'>): Judged => ({
  success: false,
  status: 'rejected',
  newModelVersion: null,
  ...said,
});

/** @throws MLOpsError `ABORTED` */
function begin(job: Job, step: StepName): void {
  if (job.signal.aborted) {
    throw new MLOpsError('ABORTED', `stopped before ${step}`, {
      cause: job.signal.reason,
    });
  }
  job.progress(step, 0);
}
