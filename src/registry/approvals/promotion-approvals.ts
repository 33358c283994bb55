import { MLOpsError } from '../../errors.js';
import { type ScopeSource, modelOrStore, scopeOfRecord } from '../../governance/access/scope.js';
import { ControlPlane, type Plan } from '../../governance/control-plane.js';
import type { Context } from '../../runtime/context.js';
import type { ArtifactStore } from '../../storage/artifact-store.js';
import type { Storage } from '../../storage/storage.js';
import { checkList, checkName, checkObject, checkOptions, describe, refuse } from '../../util/check.js';
import { toIso } from '../../util/clock.js';
import { actorId } from '../attribution.js';
import type { GateResult } from '../gate-result.js';
import type { StoredVersion } from '../model-record.js';
import { assessGates, planPromotion } from '../promotion.js';
import type { PromotionResult } from '../registry-options.js';
import { ModelStage } from '../stage.js';
import { loadVersion, putVersion } from '../stage-change.js';
import { checkVersion } from '../version-number.js';
import {
  type ApprovalVote,
  type GateOverride,
  type PromotionRequest,
  type StoredApproval,
  approvalsCollection,
  findApproval,
  loadApproval,
  putApproval,
  statusOf,
  viewApproval,
} from './approval.js';
import { bindingOf, changedSince } from './binding.js';
import { checkVoter } from './voter.js';

/** Which version is to be promoted, and why. */
export interface RequestPromotionOptions {
  readonly modelName: string;
  readonly version: string;
  /** Why this version should serve. */
  readonly reason: string;
  /** Gates to go past although they do not pass, each with its reason. The scan of the files cannot be gone past. */
  readonly overrides?: readonly GateOverride[];
}

/** Which request somebody decides on, and what they say. */
export interface VoteOptions {
  readonly requestId: string;
  readonly comment?: string;
}

/** Which requests for promotion are wanted. */
export interface ListRequestsOptions {
  readonly modelName?: string;
  /** Only those that may still be approved or executed. */
  readonly isOpen?: boolean;
  /** 100 unless told. */
  readonly limit?: number;
}

/** Gates that nobody can decide to go past. */
const firm: readonly string[] = ['security_scan', 'approval'];

/**
 * Lets more than one person decide on a promotion: somebody asks, others approve, somebody executes. An approval holds for
 * the files, the gates and the policy as they were at the request, for `promotion.approval_expiry_hours`, and once. Nobody
 * approves what they asked for, registered or trained.
 *
 * @example
 * const { requestId } = await registry.approvals.request({ modelName: 'spread', version: '1.1.0', reason: 'lower error' });
 * await registry.withPrincipal(risk).approvals.approve({ requestId });
 * await registry.approvals.execute({ requestId });
 */
export class PromotionApprovals {
  readonly #control: ControlPlane;

  constructor(private readonly context: Context) {
    this.#control = new ControlPlane(context);
  }

  /**
   * Asks for a version to be promoted. A former request for it that is open is withdrawn.
   *
   * @throws MLOpsError `INVALID_INPUT` when an override names a gate that passes, or cannot be gone past; `ILLEGAL_STATE`
   *   when no approvals are required
   */
  async request(options: RequestPromotionOptions): Promise<PromotionRequest> {
    checkOptions(options, ['modelName', 'version', 'reason', 'overrides'], 'request');
    const [modelName, version] = [checkName(options.modelName, 'modelName'), checkVersion(options.version)];
    const reason = checkReason(options.reason, 'reason');
    const resource = { type: 'model_version', id: modelName, version };
    const scope = { model: modelName };
    return this.#control.change('registry.request_promotion', { resource, scope }, async (storage, artifacts) => {
      const { value, recordVersion } = await loadVersion(storage, modelName, version);
      const gates = await assessGates(this.context, storage, value, artifacts);
      const overrides = checkOverrides(options.overrides ?? [], gates);
      const request = this.#newRequest(value, gates, overrides, reason);
      const former = await findApproval(storage, modelName, version);
      const { requestId, requiredApprovals } = request;
      return {
        changes: [
          putVersion(value, recordVersion), // as it is: of two who ask at once, one plans anew and finds the other's
          putApproval(request, 'absent'),
          ...(former === undefined ? [] : [putApproval(this.#close(former.value, 'withdrawn'), former.recordVersion)]),
        ],
        result: viewApproval(request, this.context.clock.now()),
        resource: { ...resource, digest: value.digest },
        reason,
        detail: { requestId, requiredApprovals, overrides: overrides.map(({ gate }) => gate) },
      };
    });
  }

  /**
   * Says yes to a request.
   *
   * @throws MLOpsError `FORBIDDEN` for services, and for whoever asked for it, registered or trained the version, or has
   *   voted; `ILLEGAL_STATE` when the request has ended, or what it was made for changed
   */
  async approve(options: VoteOptions): Promise<PromotionRequest> {
    return this.#vote('registry.approve_promotion', options, 'approve');
  }

  /** Says no to a request, which ends it. Same errors as {@link approve}. */
  async reject(options: VoteOptions): Promise<PromotionRequest> {
    return this.#vote('registry.reject_promotion', options, 'reject');
  }

  /** Takes a request back. */
  async withdraw(options: { readonly requestId: string }): Promise<PromotionRequest> {
    checkOptions(options, ['requestId'], 'withdraw');
    return this.#edit('registry.withdraw_promotion', options.requestId, async (request) => ({
      ...this.#close(request, 'withdrawn'),
    }));
  }

  /**
   * Promotes the version of a request that was approved.
   *
   * @returns `refused` with every gate that stands in the way, the `approval` among them, and nothing changed
   */
  async execute(options: { readonly requestId: string; readonly replaces?: string | null }): Promise<PromotionResult> {
    checkOptions(options, ['requestId', 'replaces'], 'execute');
    const { requestId, replaces } = options;
    const { modelName, version, reason } = await this.get(requestId);
    const resource = { type: 'model_version', id: modelName, version };
    const scope = { model: modelName };
    return this.#control.change('registry.promote', { resource, scope }, (storage, artifacts) =>
      planPromotion(this.context, storage, artifacts, {
        modelName,
        version,
        to: ModelStage.PRODUCTION,
        deployedBy: undefined,
        reason,
        replaces,
        requestId,
      }),
    );
  }

  /** @throws MLOpsError `NOT_FOUND` */
  async get(requestId: string): Promise<PromotionRequest> {
    checkName(requestId, 'requestId');
    return this.#control.access('registry.read', requestScope(requestId), async (storage) =>
      viewApproval((await loadApproval(storage, requestId)).value, this.context.clock.now()),
    );
  }

  /** Requests, newest first. */
  async list(options: ListRequestsOptions = {}): Promise<readonly PromotionRequest[]> {
    checkOptions(options, ['modelName', 'isOpen', 'limit'], 'list');
    const { modelName, isOpen, limit = 100 } = options;
    return this.#control.access('registry.read', modelOrStore(modelName), async (storage) => {
      const { records } = await storage.query(approvalsCollection, {
        where: {
          and: [
            ...(modelName === undefined ? [] : [{ field: 'modelName', op: 'eq' as const, value: modelName }]),
            ...(isOpen === undefined ? [] : [{ field: 'isClosed', op: 'eq' as const, value: !isOpen }]),
          ],
        },
        orderBy: [{ field: 'requestedAt', direction: 'desc' }],
        limit,
      });
      const now = this.context.clock.now();
      return records.map(({ value }) => viewApproval(value as unknown as StoredApproval, now));
    });
  }

  #newRequest(
    version: StoredVersion,
    gates: readonly GateResult[],
    overrides: readonly GateOverride[],
    reason: string,
  ): StoredApproval {
    const { clock, ids, config } = this.context;
    const { requiredApprovals: quorum, approvalExpiryHours } = config.policy.promotion;
    // Going past a gate takes a second person, whatever the policy says.
    const requiredApprovals = Math.max(quorum, overrides.length > 0 ? 1 : 0);
    if (requiredApprovals === 0) {
      throw new MLOpsError(
        'ILLEGAL_STATE',
        'no approvals are required: promotion.required_approvals is 0 and no gate is to be overridden; call promoteModel(...)',
      );
    }
    const now = clock.now();
    return {
      requestId: ids.next(),
      modelName: version.modelName,
      version: version.version,
      reason,
      requestedBy: actorId(this.context),
      requestedAt: now,
      expiresAt: now + approvalExpiryHours * 3_600_000,
      requiredApprovals,
      overrides,
      votes: [],
      binding: bindingOf(version, gates, config.digest),
      gates,
      closed: null,
    };
  }

  async #vote(
    operation: 'registry.approve_promotion' | 'registry.reject_promotion',
    options: VoteOptions,
    verdict: ApprovalVote['verdict'],
  ): Promise<PromotionRequest> {
    checkOptions(options, ['requestId', 'comment'], verdict);
    const comment = options.comment === undefined ? undefined : checkReason(options.comment, 'comment');
    return this.#edit(operation, options.requestId, async (request, storage, artifacts) => {
      const { value: version } = await loadVersion(storage, request.modelName, request.version);
      await checkVoter(storage, this.context, request, version);
      if (verdict === 'approve') await this.#assertHolds(storage, request, version, artifacts);
      const at = toIso(this.context.clock.now());
      const vote = { verdict, by: actorId(this.context), at, ...(comment !== undefined && { comment }) };
      const voted = { ...request, votes: [...request.votes, vote] };
      return verdict === 'reject' ? this.#close(voted, 'rejected') : voted;
    });
  }

  /** Changes a request that has not ended, with its audit record. */
  async #edit(
    operation: 'registry.approve_promotion' | 'registry.reject_promotion' | 'registry.withdraw_promotion',
    requestId: string,
    change: (request: StoredApproval, storage: Storage, artifacts: ArtifactStore) => Promise<StoredApproval>,
  ): Promise<PromotionRequest> {
    const resource = { type: 'promotion_request', id: checkName(requestId, 'requestId') };
    return this.#control.change(
      operation,
      { resource, scope: requestScope(requestId) },
      async (storage, artifacts): Promise<Plan<PromotionRequest>> => {
        const { value, recordVersion } = await loadApproval(storage, requestId);
        const now = this.context.clock.now();
        const status = statusOf(value, now);
        if (status !== 'open' && status !== 'approved') {
          throw new MLOpsError(
            'ILLEGAL_STATE',
            `request ${requestId} is ${status}; make a new one with approvals.request(...)`,
          );
        }
        const changed = await change(value, storage, artifacts);
        const { modelName, version } = value;
        return {
          changes: [putApproval(changed, recordVersion)],
          result: viewApproval(changed, now),
          resource: { ...resource, digest: value.binding.artifacts },
          detail: { modelName, version, status: statusOf(changed, now) },
        };
      },
    );
  }

  async #assertHolds(
    storage: Storage,
    request: StoredApproval,
    version: StoredVersion,
    artifacts: ArtifactStore,
  ): Promise<void> {
    const gates = await assessGates(this.context, storage, version, artifacts);
    const changed = changedSince(request.binding, bindingOf(version, gates, this.context.config.digest));
    if (changed.length === 0) return;
    throw new MLOpsError(
      'ILLEGAL_STATE',
      `request ${request.requestId} no longer holds: ${changed.join(' and ')} changed since; make a new one with approvals.request(...)`,
    );
  }

  #close(request: StoredApproval, as: 'rejected' | 'withdrawn'): StoredApproval {
    return { ...request, closed: { as, by: actorId(this.context), at: this.context.clock.now() } };
  }
}

const requestScope = (requestId: string): ScopeSource =>
  scopeOfRecord(approvalsCollection, requestId, ({ modelName }: StoredApproval) => ({ model: modelName }));

function checkOverrides(overrides: readonly GateOverride[], gates: readonly GateResult[]): readonly GateOverride[] {
  return checkList(overrides, 'overrides', '{ gate, reason }').map((override) => {
    const { gate, reason } = checkObject(override, 'an override');
    const found = gates.find((result) => result.gate === gate);
    if (firm.includes(gate)) refuse(`${gate} cannot be overridden`);
    if (found === undefined) {
      refuse(`there is no gate ${describe(gate)} to override; the gates are ${gates.map((g) => g.gate).join(', ')}`);
    }
    if (found.status === 'passed') refuse(`${gate} passes; leave it out of the overrides`);
    return { gate, reason: checkReason(reason, `the reason to override ${gate}`) };
  });
}

function checkReason(value: unknown, what: string): string {
  if (typeof value !== 'string' || value.trim() === '' || !value.isWellFormed() || value.length > 4_000) {
    refuse(`${what} must be a text of at most 4,000 characters that says why`);
  }
  return value;
}
