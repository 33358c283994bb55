import { createProfile } from '../../data/baseline-profile.js';
import { MLOpsError } from '../../errors.js';
import type { ModelOrigin } from '../../registry/model-record.js';
import { findModel } from '../../registry/stage-change.js';
import type { Table } from '../../data/table.js';
import type { Champion } from '../challenge.js';
import { describeData } from '../describe-data.js';
import type { ExplanationEvidence } from '../explain.js';
import type { Job } from '../job.js';
import type { ChallengeResult, RetrainResult } from '../retrain-result.js';
import { experimentName } from '../training-run.js';
import type { Challenger } from './train.js';

/** What is to be registered, and what it was judged by. */
export interface Registrable {
  readonly challenger: Challenger;
  readonly train: Table;
  readonly champion: Champion | undefined;
  readonly outcome: ChallengeResult;
  readonly explanation: ExplanationEvidence;
  readonly runId: string;
}

/** What the registering step leaves behind. */
export interface RegisterOutput {
  readonly version: string;
}

/**
 * Registers the challenger with all it came from. The version, its evidence and the record of this step are one commit:
 * it is registered once, however often the step is begun.
 *
 * @returns the version's number, or undefined when production has changed since the comparison: compare anew then
 */
export async function registerStep(job: Job, subject: Registrable): Promise<string | undefined> {
  const { journal, plan, registry } = job;
  const { challenger, train, champion, outcome, explanation, runId } = subject;
  const inputs = { model: challenger.digest, champion: champion?.digest ?? null };
  const recorded = journal.recorded('register', inputs) as RegisterOutput | undefined;
  if (recorded !== undefined) return recorded.version;
  const comparison = { isStale: false };
  const columns = [...plan.featureColumns, plan.targetColumn];
  try {
    const { version } = await registry.register(
      {
        modelName: plan.modelName,
        modelType: plan.modelType,
        runId,
        experimentName: experimentName(plan.modelName),
        featureColumns: plan.featureColumns,
        targetColumn: plan.targetColumn,
        performanceMetrics: outcome.challengerMetrics,
        hyperparameters: { algorithm: plan.algorithm, ...challenger.hyperparameters },
        modelFiles: challenger.contents,
        trainingData: await describeData(train, columns, plan.timeColumn),
        baselineProfile: await createProfile(train.select(columns)),
        origin: originOf(job, champion),
      },
      'minor',
      {
        evidence: explanation,
        together: async (registered, production) => {
          comparison.isStale = production !== (champion?.version ?? null);
          if (comparison.isStale) {
            throw new MLOpsError(
              'CONFLICT',
              `production is now ${production}; the challenger has to be compared with it`,
            );
          }
          return [await journal.stepChange('register', inputs, { version: registered.version })];
        },
      },
    );
    await journal.reload();
    return version;
  } catch (error) {
    if (comparison.isStale) return undefined;
    throw error;
  }
}

function originOf({ plan, retrainingId }: Job, champion: Champion | undefined): ModelOrigin {
  const { trigger, reason, reportId, codeCommit } = plan;
  return {
    retrainingId,
    trigger,
    reason,
    ...(reportId !== null &&
      (trigger === 'performance' ? { performanceReportId: reportId } : { driftReportId: reportId })),
    ...(champion !== undefined && { championVersion: champion.version }),
    ...(codeCommit !== null && { codeCommit }),
  };
}

/** Begins a canary of the new version when that was asked for; a reason why not is recorded, not thrown. */
export async function canaryStep(job: Job, version: string): Promise<RetrainResult['canary']> {
  const { plan, journal, storage, canary } = job;
  if (plan.canaryTraffic === null) return undefined;
  const { modelName, canarySteps, canaryTraffic } = plan;
  const rollout = canarySteps === undefined ? { initialTrafficPercentage: canaryTraffic } : { steps: canarySteps };
  return journal.step('canary', { version }, async () => {
    if (canary === undefined) return { reason: 'resumed without a canary manager; begin the canary yourself' };
    const running = (await findModel(storage, modelName))?.value.canary ?? null;
    if (running !== null && (await canary.getDeployment(running)).candidateVersion === version) {
      return { deploymentId: running };
    }
    // One that was begun before an interruption may have ended since.
    const { deployments } = (await canary.listDeployments?.({ modelName })) ?? { deployments: [] };
    const begun = deployments.find(({ candidateVersion }) => candidateVersion === version);
    if (begun !== undefined) return { deploymentId: begun.deploymentId };
    try {
      return {
        deploymentId: await canary.createCanaryDeployment({ modelName, candidateVersion: version, ...rollout }),
      };
    } catch (error) {
      if (error instanceof MLOpsError && /^(ILLEGAL_STATE|FORBIDDEN|INVALID_INPUT)$/.test(error.code)) {
        return { reason: error.message };
      }
      throw error;
    }
  });
}
