import { MLOpsError } from '../errors.js';
import type { Plan } from '../governance/control-plane.js';
import type { Context } from '../runtime/context.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import type { Change, Storage } from '../storage/storage.js';
import { toIso } from '../util/clock.js';
import type { JsonValue } from '../util/json.js';
import {
  type StoredApproval,
  approversOf,
  findApproval,
  loadApproval,
  putApproval,
  statusOf,
} from './approvals/approval.js';
import { bindingOf, changedSince } from './approvals/binding.js';
import { actorId, attribution } from './attribution.js';
import { type CustomGates, runCustomGates } from './custom-gate.js';
import { verifyFiles } from './file-signature.js';
import { type GateResult, isInTheWay, sayGates } from './gate-result.js';
import { evaluateGates } from './gates.js';
import { overdueFindings } from './inventory/finding.js';
import { findEntry } from './inventory/inventory-entry.js';
import { inventoryGates } from './inventory/inventory-gates.js';
import { openVersion } from './lookups.js';
import { scanArtifacts } from './artifact-scan.js';
import { type StoredVersion, viewVersion } from './model-record.js';
import type { PromotionResult } from './registry-options.js';
import { ModelStage } from './stage.js';
import { ModelEdit } from './stage-change.js';

/** Whether a version may enter production, and on what grounds. */
export interface PromotionJudgement {
  /** Every gate, with the overrides that were granted. */
  readonly gates: readonly GateResult[];
  /** Those that stand in the way. */
  readonly failures: readonly GateResult[];
  /** To be committed with the promotion: an approval is good for one. */
  readonly changes: readonly Change[];
}

/** Every gate that the policy and the code demand of a version, its stored bytes scanned now. */
export async function assessGates(
  context: Context,
  storage: Storage,
  version: StoredVersion,
  artifacts: ArtifactStore,
): Promise<readonly GateResult[]> {
  const { config } = context;
  const scan = await scanArtifacts(version, artifacts, () => verifyFiles(context, version));
  const { task } = config.modelPolicy(version.modelType);
  const now = context.clock.now();
  const gates = evaluateGates(version, task, scan, config.policy, now);
  const custom = await runCustomGates(
    context.customGates as CustomGates, // the registry's constructor took them as such
    config.policy.promotion.customGates,
    viewVersion(version),
    () => openVersion(context, version, artifacts, []),
  );
  const facts = {
    entry: (await findEntry(storage, version.modelName))?.value,
    overdue: await overdueFindings(storage, version.modelName, now),
  };
  return [...gates, ...inventoryGates(version, facts, config.policy, now), ...custom];
}

/**
 * Judges whether a version may enter production now: by its gates, by the overrides that were granted, and by the approvals
 * that `promotion.required_approvals` demands.
 *
 * @param requestId the promotion request to go by; the latest open one of the version unless told
 */
export async function judgePromotion(
  context: Context,
  storage: Storage,
  artifacts: ArtifactStore,
  version: StoredVersion,
  requestId?: string,
): Promise<PromotionJudgement> {
  const found = await assessGates(context, storage, version, artifacts);
  const loaded =
    requestId === undefined
      ? await findApproval(storage, version.modelName, version.version)
      : await loadApproval(storage, requestId);
  const now = context.clock.now();
  const required = context.config.policy.promotion.requiredApprovals;
  const changed =
    loaded === undefined ? [] : changedSince(loaded.value.binding, bindingOf(version, found, context.config.digest));
  const isGranted = loaded !== undefined && statusOf(loaded.value, now) === 'approved' && changed.length === 0;
  const gates = isGranted ? found.map((gate) => grant(gate, loaded.value)) : [...found];
  // A request that is under way binds, whatever a policy edited since says of the quorum.
  if (required > 0 || loaded !== undefined) gates.push(approvalGate(required, loaded?.value, now, changed));
  return {
    gates,
    failures: gates.filter(isInTheWay),
    changes: isGranted ? [closeApproval(context, loaded.value, loaded.recordVersion)] : [],
  };
}

const closeApproval = (context: Context, request: StoredApproval, recordVersion: number): Change =>
  putApproval({ ...request, closed: { as: 'executed', by: actorId(context), at: context.clock.now() } }, recordVersion);

function grant(result: GateResult, request: StoredApproval): GateResult {
  const said = request.overrides.find(({ gate }) => gate === result.gate);
  if (said === undefined || result.status === 'passed') return result;
  const { requestId, requestedBy } = request;
  return { ...result, override: { reason: said.reason, requestId, requestedBy, approvedBy: approversOf(request) } };
}

function approvalGate(
  required: number,
  request: StoredApproval | undefined,
  now: number,
  changed: readonly string[],
): GateResult {
  const gate = 'approval';
  const askAgain = 'make a new one with approvals.request(...)';
  if (request === undefined) {
    const message = `promotion.required_approvals is ${required}; ask for them with approvals.request(...)`;
    return { gate, status: 'not_assessed', message };
  }
  const { requestId, requiredApprovals } = request;
  if (changed.length > 0) {
    const message = `request ${requestId} no longer holds: ${changed.join(' and ')} changed since; ${askAgain}`;
    return { gate, status: 'failed', message };
  }
  const approvers = approversOf(request);
  switch (statusOf(request, now)) {
    case 'approved':
      return { gate, status: 'passed', message: `request ${requestId} was approved by ${approvers.join(', ')}` };
    case 'open': {
      const message = `request ${requestId} has ${approvers.length} of ${requiredApprovals} approvals; approvals.approve(...) gives one`;
      return { gate, status: 'not_assessed', message };
    }
    case 'expired':
      return {
        gate,
        status: 'failed',
        message: `request ${requestId} expired at ${toIso(request.expiresAt)}; ${askAgain}`,
      };
    default: {
      const { as, by } = request.closed!;
      return { gate, status: 'failed', message: `request ${requestId} was ${as} by ${by}; ${askAgain}` };
    }
  }
}

/** A version that is tried as a canary answers requests: it leaves Staging when its canary ends. */
async function refuseCandidate(storage: Storage, { modelRecord }: ModelEdit, version: string): Promise<void> {
  const { modelName, canary } = modelRecord;
  const deployment = canary === null ? undefined : await storage.get('deployments', canary);
  if ((deployment?.value as { candidateVersion?: unknown } | undefined)?.candidateVersion !== version) return;
  throw new MLOpsError(
    'ILLEGAL_STATE',
    `${modelName} ${version} is tried by the canary ${canary}, and may be answering requests; roll that back first`,
  );
}

/** What a promotion asks for, checked. */
export interface PromotionPlanOptions {
  readonly modelName: string;
  readonly version: string;
  readonly to: ModelStage;
  readonly deployedBy: string | undefined;
  readonly reason: string | undefined;
  readonly replaces: string | null | undefined;
  readonly requestId?: string;
}

/**
 * Moves a version to a stage; into production only past the gates.
 *
 * @throws SignatureError for a version whose files are not those that were signed
 */
export async function planPromotion(
  context: Context,
  storage: Storage,
  artifacts: ArtifactStore,
  options: PromotionPlanOptions,
): Promise<Plan<PromotionResult>> {
  const { modelName, version, to } = options;
  const edit = await ModelEdit.open(storage, modelName);
  if (options.replaces !== undefined) edit.assertProduction(options.replaces);
  const before = await edit.version(version);
  if (to === ModelStage.DEVELOPMENT || to === ModelStage.ARCHIVED) await refuseCandidate(storage, edit, version);
  // Where the scan of the files is a gate, it says so of what is to enter production.
  const isScanned = to === ModelStage.PRODUCTION && context.config.policy.promotion.requireSecurityScan;
  if ((to === ModelStage.STAGING || to === ModelStage.PRODUCTION) && !isScanned) await verifyFiles(context, before);
  const { gates, failures, changes } =
    to === ModelStage.PRODUCTION
      ? await judgePromotion(context, storage, artifacts, before, options.requestId)
      : { gates: [], failures: [], changes: [] };
  if (failures.length > 0) {
    return {
      changes: [],
      result: Object.freeze({ status: 'refused' as const, modelName, version, failures, gates }),
      decision: 'deny' as const,
      reason: sayGates(failures),
    };
  }
  const archivedVersion = await edit.moveTo(version, to, {
    ...attribution(context, options.deployedBy, options.reason),
    ...(gates.length > 0 && { gates }),
  });
  return {
    changes: [...edit.changes(), ...changes],
    result: Object.freeze({
      status: 'promoted' as const,
      modelName,
      version,
      from: before.stage,
      to,
      ...(archivedVersion !== undefined && { archivedVersion }),
      gates,
    }),
    resource: { type: 'model_version', id: modelName, version, digest: before.digest },
    ...(options.reason !== undefined && { reason: options.reason }),
    detail: { from: before.stage, to, gates: gates as unknown as JsonValue },
  };
}
