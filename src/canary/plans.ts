import { MLOpsError } from '../errors.js';
import type { OperationName } from '../governance/operations.js';
import type { Plan } from '../governance/control-plane.js';
import { actorId, attribution } from '../registry/attribution.js';
import { sayGates } from '../registry/gate-result.js';
import { judgePromotion } from '../registry/promotion.js';
import { ModelStage } from '../registry/stage.js';
import { ModelEdit } from '../registry/stage-change.js';
import type { Context } from '../runtime/context.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import type { Storage } from '../storage/storage.js';
import { checkUnchanged, sayReplaced } from './advise.js';
import { bucketingVersion } from './bucketing.js';
import type { CanaryHalt, CanaryPromotion } from './canary-options.js';
import { checkCandidate } from './candidate.js';
import { type CanaryDecision, type StoredDeployment, putDeployment } from './deployment.js';
import { type LoadedDeployment, loadOpen } from './deployment-lookups.js';
import { type Said, type ShareChange, act, beginDeployment } from './rollout.js';
import type { PlannedStep } from './rollout-steps.js';
import type { DeploymentAction } from './transitions.js';

/** Chance of ever promoting a worse canary or rolling back a good one, per test. */
const alpha = 0.05;

/** Who asks for a change, and why. */
export interface Request {
  readonly onBehalfOf: string | undefined;
  readonly reason: string | undefined;
}

/** What a deployment is made from. */
export interface Creation {
  readonly deploymentId: string;
  readonly modelName: string;
  readonly candidateVersion: string;
  readonly plan: readonly PlannedStep[];
  readonly shadowFraction: number;
  readonly labelWindowMs: number;
}

/** Changes that one of the actions other than promotion and rollback goes by, and what it is called in the audit trail. */
export const operationOf = {
  adjust: 'canary.adjust',
  pause: 'canary.pause',
  resume: 'canary.resume',
} as const satisfies Partial<Record<DeploymentAction, OperationName>>;

const saidBy = (context: Context, { onBehalfOf, reason }: Request): Said => ({
  at: context.clock.now(),
  by: actorId(context),
  onBehalfOf,
  reason,
});

/** Begins a deployment: the candidate leaves Development, the model's record names the deployment. */
export async function planCreation(
  context: Context,
  storage: Storage,
  creation: Creation,
  request: Request,
): Promise<Plan<StoredDeployment>> {
  const { deploymentId, modelName, candidateVersion } = creation;
  const edit = await ModelEdit.open(storage, modelName);
  const productionVersion = await checkCandidate(edit, candidateVersion, context.config.policy.canary.maxRollbackCount);
  const { stage, digest } = await edit.version(candidateVersion);
  if (stage === ModelStage.DEVELOPMENT) {
    const said = attribution(context, request.onBehalfOf, 'canary deployment');
    await edit.moveTo(candidateVersion, ModelStage.STAGING, said);
  }
  edit.updateModel({ canary: deploymentId });
  const { task, canary } = context.config.modelPolicy(edit.modelRecord.modelType);
  const { latencyBudgetMs } = context.config.policy.canary;
  const { missBudget, lossBound, segmentColumn } = canary;
  const deployment = beginDeployment(
    {
      ...creation,
      productionVersion,
      salt: deploymentId,
      bucketing: bucketingVersion,
      alpha,
      task,
      budgets: { latencyBudgetMs, missBudget, lossBound },
      segmentColumn,
      createdBy: actorId(context),
      onBehalfOf: request.onBehalfOf ?? null,
    },
    saidBy(context, request),
  );
  const { trafficFraction, plan } = deployment;
  return {
    changes: [...edit.changes(), putDeployment(deployment, 'absent')],
    result: deployment,
    detail: {
      modelName,
      candidateVersion,
      productionVersion,
      trafficFraction,
      steps: plan.length,
      candidateDigest: digest,
    },
  };
}

/** Pauses, resumes, or gives another share. The model's record is written too: its version orders what processes see. */
export async function planAction(
  context: Context,
  storage: Storage,
  deploymentId: string,
  action: keyof typeof operationOf,
  request: Request,
  share?: ShareChange,
  decision?: CanaryDecision,
): Promise<Plan<StoredDeployment>> {
  const open = await loadOpen(storage, deploymentId);
  if (decision !== undefined) checkUnchanged(open.value, decision);
  const { maxCanaryPercentage } = context.config.policy.canary;
  if (action === 'resume' && open.value.trafficFraction > maxCanaryPercentage) {
    throw new MLOpsError(
      'ILLEGAL_STATE',
      `the share of ${open.value.trafficFraction} is above canary.max_canary_percentage (${maxCanaryPercentage}); choose a smaller one with adjustTraffic first`,
    );
  }
  const edit = await ModelEdit.open(storage, open.value.modelName);
  const after = act(open.value, action, saidBy(context, request), share);
  return changeOf(edit, open, after, request);
}

/**
 * The kill switch. Halting what is halted, or where there is nothing to halt, changes nothing.
 *
 * @param haltHere takes the traffic of the deployment away in this process; without an id, of whatever it knows to be under way
 */
export async function planHalt(
  context: Context,
  storage: Storage,
  modelName: string,
  request: Request,
  haltHere: (deploymentId?: string) => void,
): Promise<Plan<CanaryHalt>> {
  haltHere(); // whatever becomes of the store
  const edit = await ModelEdit.open(storage, modelName);
  const { canary: deploymentId } = edit.modelRecord;
  if (deploymentId === null) return { changes: [], result: { status: 'no_canary' }, detail: { modelName } };
  haltHere(deploymentId);
  const open = await loadOpen(storage, deploymentId);
  const result: CanaryHalt = { status: 'halted', deploymentId };
  if (open.value.status === 'halted') return { changes: [], result, detail: { modelName, deploymentId } };
  const after = act(open.value, 'halt', saidBy(context, request));
  return { ...changeOf(edit, open, after, request), result };
}

/**
 * Makes the candidate production and archives the version that was; refused when a gate does not pass.
 *
 * @param decision by evidence, which speaks of the version that was in production as the canary began; none by a person
 */
export async function planPromotion(
  context: Context,
  storage: Storage,
  artifacts: ArtifactStore,
  deploymentId: string,
  request: Request,
  decision: CanaryDecision | undefined,
): Promise<Plan<CanaryPromotion>> {
  const open = await loadOpen(storage, deploymentId);
  const { modelName, candidateVersion } = open.value;
  const edit = await ModelEdit.open(storage, modelName);
  const { production } = edit.modelRecord;
  if (decision !== undefined) {
    if (production !== open.value.productionVersion)
      throw new MLOpsError('ILLEGAL_STATE', sayReplaced(open.value, production ?? undefined));
    checkUnchanged(open.value, decision);
  }
  const after = act(open.value, 'promote', saidBy(context, { ...request, reason: request.reason ?? 'promoted' }));
  const candidate = await edit.version(candidateVersion);
  const { gates, failures, changes } = await judgePromotion(context, storage, artifacts, candidate);
  if (failures.length > 0) {
    return {
      changes: [],
      result: { status: 'refused', version: candidateVersion, failures },
      decision: 'deny',
      reason: sayGates(failures),
    };
  }
  const said = { ...attribution(context, request.onBehalfOf, request.reason ?? 'canary promoted'), gates };
  const archivedVersion = await edit.moveTo(candidateVersion, ModelStage.PRODUCTION, said);
  edit.updateModel({ canary: null });
  const promotion = changeOf(edit, open, after, request);
  return {
    ...promotion,
    changes: [...promotion.changes, ...changes],
    result: {
      status: 'promoted',
      version: candidateVersion,
      ...(archivedVersion !== undefined && { archivedVersion }),
      gates,
    },
    detail: { modelName, candidateVersion, candidateDigest: candidate.digest },
  };
}

/** Production serves every request again; the candidate goes back to Development and the rollback counts against it. */
export async function planRollback(
  context: Context,
  storage: Storage,
  deploymentId: string,
  request: Request,
): Promise<Plan<StoredDeployment>> {
  const open = await loadOpen(storage, deploymentId);
  const { modelName, candidateVersion } = open.value;
  const edit = await ModelEdit.open(storage, modelName);
  const after = act(open.value, 'rollback', saidBy(context, request));
  const { stage, canaryRollbacks } = await edit.version(candidateVersion);
  if (stage === ModelStage.STAGING) {
    const said = attribution(context, request.onBehalfOf, request.reason);
    await edit.moveTo(candidateVersion, ModelStage.DEVELOPMENT, said);
  }
  await edit.updateVersion(candidateVersion, { canaryRollbacks: canaryRollbacks + 1 });
  edit.updateModel({ canary: null });
  return changeOf(edit, open, after, request);
}

const changeOf = (
  edit: ModelEdit,
  open: LoadedDeployment,
  after: StoredDeployment,
  { reason }: Request,
): Plan<StoredDeployment> => {
  const { modelName, candidateVersion, status, trafficFraction } = after;
  return {
    changes: [...edit.changes(), putDeployment(after, open.version)],
    result: after,
    ...(reason !== undefined && { reason }),
    detail: { modelName, candidateVersion, from: open.value.status, status, trafficFraction },
  };
};
