import { ConflictError, MLOpsError } from '../errors.js';
import type { Context } from '../runtime/context.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import type { Change, Storage } from '../storage/storage.js';
import type { JsonObject, JsonValue } from '../util/json.js';
import { Mutex } from '../util/mutex.js';
import {
  type AuditDecision,
  type AuditEntry,
  type AuditResource,
  type ChainTail,
  auditActor,
  chainRecord,
  tailAfter,
} from './audit-record.js';
import { auditStream, readChainTail } from './audit-trail.js';
import type { AuditedOperation, OperationName } from './operations.js';

/** What an operation is about to do, made from what it read. */
export interface Plan<T> {
  /** Written together with the audit record; empty when a rule or gate refused. */
  readonly changes: readonly Change[];
  readonly result: T;
  /** `allow` unless told. */
  readonly decision?: 'allow' | 'deny';
  readonly reason?: string;
  /** Facts for the audit record: small, and free of personal data. */
  readonly detail?: JsonObject;
  /** Replaces the request's resource when the plan knows more, such as a digest. */
  readonly resource?: AuditResource;
}

export interface OperationRequest {
  readonly resource: AuditResource;
  /** The name given as `deployedBy` and the like. */
  readonly onBehalfOf?: string | undefined;
}

/** Lost races are planned anew this often before the caller hears of the conflict. */
const maxAttempts = 50;

/**
 * The one way in: every public operation is authorized here, and what it changes is committed together with its audit
 * record. A plan is pure apart from reads; when the world moved between its reads and its commit, it is made anew.
 */
export class ControlPlane {
  constructor(private readonly context: Context) {}

  /**
   * Authorizes, plans, and commits the plan's changes with one audit record. Denied and failed operations leave a
   * record as well, and nothing else.
   */
  async change<T>(
    operation: AuditedOperation,
    request: OperationRequest,
    plan: (storage: Storage, artifacts: ArtifactStore) => Promise<Plan<T>>,
  ): Promise<T> {
    const storage = await this.context.stores.storage();
    const artifacts = await this.context.stores.artifacts();
    const record = (
      decision: AuditDecision,
      about: Pick<Plan<unknown>, 'reason' | 'detail' | 'resource'>,
    ): AuditEntry => ({
      id: this.context.ids.next(),
      at: this.context.clock.now(),
      actor: auditActor(this.context.principal, request.onBehalfOf),
      action: operation,
      resource: about.resource ?? request.resource,
      decision,
      policyDigest: this.context.config.digest,
      ...(about.reason !== undefined && { reason: about.reason }),
      ...(about.detail !== undefined && { detail: about.detail }),
    });
    try {
      this.authorize(operation);
      return await retryConflicts(async () => {
        const planned = await plan(storage, artifacts);
        await this.#commit(storage, planned.changes, record(planned.decision ?? 'allow', planned));
        return planned.result;
      });
    } catch (error) {
      if (isAuditable(error)) {
        const decision = error.code === 'UNAUTHENTICATED' || error.code === 'FORBIDDEN' ? 'deny' : 'error';
        await this.#commit(storage, [], record(decision, { reason: error.message }));
      }
      throw error;
    }
  }

  /** Authorizes an operation that leaves no audit record of its own: a read, or an append covered by a later record. */
  async access<T>(
    operation: Exclude<OperationName, AuditedOperation>,
    task: (storage: Storage, artifacts: ArtifactStore) => Promise<T>,
  ): Promise<T> {
    this.authorize(operation);
    return task(await this.context.stores.storage(), await this.context.stores.artifacts());
  }

  /** @throws MLOpsError `UNAUTHENTICATED` */
  authorize(operation: OperationName): void {
    if (this.context.principal !== undefined) return;
    throw new MLOpsError(
      'UNAUTHENTICATED',
      `${operation} needs to know who is calling: pass { principal } or use withPrincipal(...); ` +
        'security.require_authentication is on in production',
    );
  }

  /** Commits changes and their audit record as one; retries when only the log's end had moved. */
  async #commit(storage: Storage, changes: readonly Change[], entry: AuditEntry): Promise<void> {
    const chain = chainOf(storage);
    await chain.mutex.run(async () => {
      for (;;) {
        chain.tail ??= await readChainTail(storage, () => this.context.ids.next());
        const audited = chainRecord(entry, chain.tail);
        const append: Change = {
          kind: 'append',
          stream: auditStream,
          values: [audited as unknown as JsonValue],
          expect: chain.tail.length,
        };
        try {
          await storage.commit([...changes, append], { durability: 'power' });
          chain.tail = tailAfter(audited);
          return;
        } catch (error) {
          chain.tail = undefined; // whatever happened, the end of the log is to be read again
          if (!(error instanceof ConflictError) || !isAboutAudit(error)) throw error;
        }
      }
    });
  }
}

/** The end of a store's audit chain as this process last saw it, and the queue of those who extend it. */
interface Chain {
  readonly mutex: Mutex;
  tail: ChainTail | undefined;
}

const chains = new WeakMap<Storage, Chain>();

function chainOf(storage: Storage): Chain {
  let chain = chains.get(storage);
  if (chain === undefined) chains.set(storage, (chain = { mutex: new Mutex(), tail: undefined }));
  return chain;
}

const isAboutAudit = ({ conflict }: ConflictError): boolean =>
  conflict.kind === 'stream' && conflict.stream === auditStream;

/** A store that cannot be written cannot record its own failure either. */
const isAuditable = (error: unknown): error is MLOpsError =>
  error instanceof MLOpsError && !/^(STORAGE_|CLOSED$|CORRUPT$)/.test(error.code);

/** Runs a read–plan–commit cycle again when somebody else wrote in between. */
export async function retryConflicts<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = maxAttempts; ; left--) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ConflictError) || left <= 1) throw error;
    }
  }
}
