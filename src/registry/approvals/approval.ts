import type { Change, Storage } from '../../storage/storage.js';
import { MLOpsError } from '../../errors.js';
import { toIso } from '../../util/clock.js';
import type { Digest } from '../../util/digest.js';
import { deepFreeze } from '../../util/freeze.js';
import type { JsonValue } from '../../util/json.js';
import type { GateResult } from '../gate-result.js';
import type { Loaded } from '../stage-change.js';

export const approvalsCollection = 'promotion_requests';

/**
 * `open` until enough people approved, then `approved` until it is executed. One that is `expired` is to be made anew.
 */
export type PromotionRequestStatus = 'open' | 'approved' | 'executed' | 'rejected' | 'withdrawn' | 'expired';

/** A gate to go past although it does not pass. */
export interface GateOverride {
  readonly gate: string;
  readonly reason: string;
}

/** What somebody said of a request. */
export interface ApprovalVote {
  readonly verdict: 'approve' | 'reject';
  readonly by: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly comment?: string;
}

/** What an approval holds for, and nothing else. */
export interface ApprovalBinding {
  /** Digest of the version's files. */
  readonly artifacts: Digest;
  /** Digest of every gate's result. */
  readonly gates: Digest;
  /** Digest of the policy. */
  readonly policy: string;
}

/** A wish to bring a version into production, and what people said of it. Times are UTC milliseconds when stored. */
export interface StoredApproval {
  readonly requestId: string;
  readonly modelName: string;
  readonly version: string;
  readonly reason: string;
  readonly requestedBy: string;
  readonly requestedAt: number;
  readonly expiresAt: number;
  readonly requiredApprovals: number;
  readonly overrides: readonly GateOverride[];
  readonly votes: readonly ApprovalVote[];
  readonly binding: ApprovalBinding;
  /** The gates as they stood at the request. */
  readonly gates: readonly GateResult[];
  /** How it ended, when it has. */
  readonly closed: {
    readonly as: 'executed' | 'rejected' | 'withdrawn';
    readonly by: string;
    readonly at: number;
  } | null;
}

/** A promotion request as a caller sees it. */
export interface PromotionRequest extends Omit<StoredApproval, 'requestedAt' | 'expiresAt' | 'closed'> {
  readonly status: PromotionRequestStatus;
  /** ISO 8601, UTC, as the others. */
  readonly requestedAt: string;
  readonly expiresAt: string;
  readonly closedAt?: string;
  readonly closedBy?: string;
}

export const approversOf = ({ votes }: StoredApproval): readonly string[] =>
  votes.filter(({ verdict }) => verdict === 'approve').map(({ by }) => by);

export function statusOf(request: StoredApproval, now: number): PromotionRequestStatus {
  if (request.closed !== null) return request.closed.as;
  if (now >= request.expiresAt) return 'expired';
  return approversOf(request).length >= request.requiredApprovals ? 'approved' : 'open';
}

export function viewApproval(request: StoredApproval, now: number): PromotionRequest {
  const { requestedAt, expiresAt, closed, ...rest } = request;
  return deepFreeze({
    ...rest,
    status: statusOf(request, now),
    requestedAt: toIso(requestedAt),
    expiresAt: toIso(expiresAt),
    ...(closed !== null && { closedAt: toIso(closed.at), closedBy: closed.by }),
  });
}

export const putApproval = (request: StoredApproval, expect: 'absent' | number): Change => ({
  kind: 'put',
  collection: approvalsCollection,
  id: request.requestId,
  value: request as unknown as JsonValue,
  index: {
    modelName: request.modelName,
    version: request.version,
    isClosed: request.closed !== null,
    requestedAt: request.requestedAt,
  },
  expect,
});

/** @throws MLOpsError `NOT_FOUND` */
export async function loadApproval(storage: Storage, requestId: string): Promise<Loaded<StoredApproval>> {
  const record = await storage.get(approvalsCollection, requestId);
  if (record !== undefined) {
    return { value: record.value as unknown as StoredApproval, recordVersion: record.version };
  }
  throw new MLOpsError(
    'NOT_FOUND',
    `there is no promotion request ${requestId}; approvals.list() shows those there are`,
  );
}

/** The latest request for a version that has not ended, expired ones included. */
export async function findApproval(
  storage: Storage,
  modelName: string,
  version: string,
): Promise<Loaded<StoredApproval> | undefined> {
  const { records } = await storage.query(approvalsCollection, {
    where: {
      and: [
        { field: 'modelName', op: 'eq', value: modelName },
        { field: 'version', op: 'eq', value: version },
        { field: 'isClosed', op: 'eq', value: false },
      ],
    },
    orderBy: [{ field: 'requestedAt', direction: 'desc' }],
    limit: 1,
  });
  const record = records[0];
  return record && { value: record.value as unknown as StoredApproval, recordVersion: record.version };
}
