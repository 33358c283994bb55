import { setTimeout as delay } from 'node:timers/promises';
import { type Conflict, ConflictError, MLOpsError } from '../errors.js';
import type { Context } from '../runtime/context.js';
import type { FollowedOperation, OperationEnd, OperationStart } from '../runtime/telemetry/telemetry.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import type { Change, Storage } from '../storage/storage.js';
import type { JsonObject } from '../util/json.js';
import { isError } from '../util/is-error.js';
import { thrownText } from '../util/thrown-text.js';
import { Turns } from '../util/turns.js';
import { Authorizer, type Grant } from './access/authorizer.js';
import { denialsOf } from './access/denials.js';
import { type Scope, type ScopeSource, sayScope } from './access/scope.js';
import { type AuditDecision, type AuditEntry, type AuditResource, auditActor } from './audit-record.js';
import { checkpointIfDue } from './audit/make-checkpoint.js';
import { commitAudited } from './audit-writer.js';
import type { NewStart } from './audit/move-log.js';
import { underNotedPolicy } from './policy/note-policy.js';
import type { AuditedOperation, OperationName, UnauditedOperation } from './operations.js';

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
  /** Where the audit trail is to begin from now on: its record goes to what is left. */
  readonly newStart?: NewStart;
  /** Replaces the request's resource when the plan knows more, such as a digest. */
  readonly resource?: AuditResource;
}

export interface OperationRequest {
  readonly resource: AuditResource;
  /** What the caller must have the permission for. */
  readonly scope: ScopeSource;
  /** The name given as `deployedBy` and the like. */
  readonly onBehalfOf?: string | undefined;
}

/** Lost races are planned anew this often before the caller hears of the conflict. */
const maxAttempts = 50;

/** So many of them at once, the others after pauses of at most so many milliseconds. */
const eagerAttempts = 10;
const longestPauseMs = 250;

/** What an audit record says besides who, when and under which policy. */
type About = Pick<Plan<unknown>, 'reason' | 'detail'> & Pick<OperationRequest, 'resource' | 'onBehalfOf'> & Grant;

/**
 * The one way in: every public operation is authorized here, and what it changes is committed together with its audit
 * record. A plan is pure apart from reads; when the world moved between its reads and its commit, it is made anew.
 */
export class ControlPlane {
  readonly #authorizer: Authorizer;

  /** @param authority `library`: what the library does by itself, for nobody in particular, is not held to permissions */
  constructor(
    private readonly context: Context,
    private readonly authority: 'caller' | 'library' = 'caller',
  ) {
    this.#authorizer = new Authorizer(context);
  }

  /**
   * Authorizes, plans, and commits the plan's changes with one audit record. Denied and failed operations leave a
   * record as well, and nothing else.
   */
  async change<T>(
    operation: AuditedOperation,
    request: OperationRequest,
    plan: (storage: Storage, artifacts: ArtifactStore) => Promise<Plan<T>>,
  ): Promise<T> {
    const { scope, resource } = request;
    return this.#told(operation, { scope, version: resource.version }, (said) =>
      this.#change(operation, request, plan, said),
    );
  }

  async #change<T>(
    operation: AuditedOperation,
    request: OperationRequest,
    plan: (storage: Storage, artifacts: ArtifactStore) => Promise<Plan<T>>,
    said: Said,
  ): Promise<T> {
    const storage = await this.context.stores.storage();
    const artifacts = await this.context.stores.artifacts();
    let grant: Grant = {};
    try {
      grant = await this.authorize(operation, request.scope);
      return await retryConflicts(async () => {
        const planned = await plan(storage, artifacts);
        const about = { ...request, ...planned, resource: planned.resource ?? request.resource, ...grant };
        await this.#record(operation, planned.decision ?? 'allow', about, planned.changes, planned.newStart);
        said.plan = planned;
        return planned.result;
      });
    } catch (error) {
      await this.#recordFailure(operation, error, { ...request, ...grant });
      throw error;
    }
  }

  /**
   * Authorizes an operation that leaves no audit record of its own: a read, or an append covered by a later record. It
   * does leave one when it is denied, when it took a raising, and where `security.audited_reads` names it.
   */
  async access<T>(
    operation: UnauditedOperation,
    scope: ScopeSource,
    task: (storage: Storage, artifacts: ArtifactStore) => Promise<T>,
  ): Promise<T> {
    return this.#told(operation, { scope }, () => this.#access(operation, scope, task));
  }

  /** Tells the log and the telemetry what came of an operation, where there are any. */
  async #told<T>(operation: OperationName, about: Subject, work: (said: Said) => Promise<T>): Promise<T> {
    const { log, principal } = this.context;
    const followed = this.#follow(operation, about);
    const said: Said = {};
    const began = performance.now();
    const tell = (error?: unknown): void => {
      log?.({
        operation,
        durationMs: Math.round((performance.now() - began) * 1000) / 1000,
        ...(principal !== undefined && { actor: principal.id }),
        ...(error !== undefined && { error }),
      });
      if (followed !== undefined) endSafely(followed, endOf(said, error));
    };
    try {
      const result = await (followed === undefined ? work(said) : followed.run(() => work(said)));
      tell();
      return result;
    } catch (error) {
      tell(error ?? 'unknown');
      throw error;
    }
  }

  #follow(operation: OperationName, { scope, version }: Subject): FollowedOperation | undefined {
    const { telemetry } = this.context;
    if (telemetry === undefined) return undefined;
    const start: OperationStart = {
      operation,
      ...(typeof scope === 'object' && 'model' in scope && { modelName: scope.model }),
      ...(version !== undefined && { modelVersion: version }),
    };
    try {
      return telemetry.begin(start);
    } catch {
      return undefined; // telemetry that fails must not fail what it follows
    }
  }

  async #access<T>(
    operation: UnauditedOperation,
    scope: ScopeSource,
    task: (storage: Storage, artifacts: ArtifactStore) => Promise<T>,
  ): Promise<T> {
    let grant: Grant;
    try {
      grant = await this.authorize(operation, scope);
    } catch (error) {
      if (isDenial(error)) await this.#recordDenial(operation, scope, error.message);
      throw error;
    }
    const [storage, artifacts] = [await this.context.stores.storage(), await this.context.stores.artifacts()];
    if (grant.breakGlass === undefined && !this.#isAuditedRead(operation)) return task(storage, artifacts);
    try {
      const result = await task(storage, artifacts);
      await this.#record(operation, 'allow', { resource: await this.#resourceOf(scope), ...grant });
      return result;
    } catch (error) {
      if (isAuditable(error)) {
        await this.#recordFailure(operation, error, { resource: await this.#resourceOf(scope), ...grant }, 'error');
      }
      throw error;
    }
  }

  /**
   * For what is authorized before there is anything to commit.
   *
   * @throws MLOpsError `UNAUTHENTICATED`, `FORBIDDEN`
   */
  async authorize(operation: OperationName, scope: ScopeSource): Promise<Grant> {
    if (this.authority === 'library') return {};
    return this.#authorizer.authorize(operation, scope, () => this.context.stores.storage());
  }

  /** As {@link authorize}, while there is no store yet: nobody is raised then, and a denial cannot be recorded. */
  async authorizeWithoutStore(operation: OperationName): Promise<void> {
    await this.#authorizer.authorize(operation, 'store');
  }

  #isAuditedRead(operation: OperationName): boolean {
    const { logAllOperations, auditedReads } = this.context.config.policy.security;
    return logAllOperations && (auditedReads as readonly string[]).includes(operation);
  }

  async #recordDenial(operation: OperationName, scope: ScopeSource, reason: string): Promise<void> {
    const { clock, principal } = this.context;
    const caller = principal === undefined ? '' : `${principal.type} ${principal.id}`;
    const denials = denialsOf(await this.context.stores.storage());
    const unrecorded = denials.note(`${caller}\n${operation}\n${reason}`, clock.now());
    if (unrecorded === undefined) return;
    const resource = await this.#resourceOf(typeof scope === 'function' ? 'store' : scope);
    await this.#record(operation, 'deny', { resource, reason, ...(unrecorded > 0 && { detail: { unrecorded } }) });
  }

  async #recordFailure(
    operation: OperationName,
    error: unknown,
    about: Omit<About, 'reason'>,
    decision: AuditDecision = isDenial(error) ? 'deny' : 'error',
  ): Promise<void> {
    if (!isAuditable(error)) return;
    const reason = thrownText(isError(error) ? error.message : error);
    const recorded = this.#record(operation, decision, { ...about, reason });
    // What is damaged, and what nobody foresaw, must not be hidden by what comes of it here.
    await (error instanceof MLOpsError && error.code !== 'CORRUPT' ? recorded : recorded.catch(() => undefined));
  }

  async #resourceOf(source: ScopeSource): Promise<AuditResource> {
    const scope: Scope = typeof source === 'function' ? await source(await this.context.stores.storage()) : source;
    const type = scope === 'store' ? 'store' : scope === 'self' ? 'principal' : 'model';
    return { type, id: sayScope(scope) };
  }

  async #record(
    operation: OperationName,
    decision: AuditDecision,
    about: About,
    changes: readonly Change[] = [],
    newStart?: NewStart,
  ): Promise<void> {
    const { ids, clock, principal, config, stores } = this.context;
    const storage = await stores.storage();
    const length = await underNotedPolicy(this.context, storage, (besides) => {
      const entry: AuditEntry = {
        id: ids.next(),
        at: clock.now(),
        actor: auditActor(principal, about),
        action: operation,
        resource: about.resource,
        decision,
        policyDigest: config.digest,
        ...(principal?.requestId !== undefined && { requestId: principal.requestId }),
        ...(about.reason !== undefined && { reason: about.reason }),
        ...(about.detail !== undefined && { detail: about.detail }),
      };
      return commitAudited(storage, ids, [...changes, ...besides], entry, newStart);
    });
    await checkpointIfDue(this.context, storage, length);
  }
}

/** What an operation is about, as far as it is known before it runs. */
interface Subject {
  readonly scope: ScopeSource;
  readonly version?: string | undefined;
}

/** The plan that was carried out in the end. */
interface Said {
  plan?: Pick<Plan<unknown>, 'decision' | 'detail'>;
}

const endOf = ({ plan }: Said, error: unknown): OperationEnd => ({
  ...(plan !== undefined && { decision: plan.decision ?? 'allow' }),
  ...(plan?.detail !== undefined && { detail: plan.detail }),
  ...(error !== undefined && { error }),
});

function endSafely(followed: FollowedOperation, outcome: OperationEnd): void {
  try {
    followed.end(outcome);
  } catch {
    // as above
  }
}

const isDenial = (error: unknown): error is MLOpsError =>
  error instanceof MLOpsError && (error.code === 'UNAUTHENTICATED' || error.code === 'FORBIDDEN');

/** A store that cannot be written cannot record its own failure either. */
const isAuditable = (error: unknown): boolean =>
  !(error instanceof MLOpsError && (error.code.startsWith('STORAGE_') || error.code === 'CLOSED'));

/** Of this process, for what they lost a race about. */
const turns = new Turns();

/**
 * Runs a read–plan–commit cycle again when somebody else wrote in between. Of many that begin at the same time one wins
 * each race: those of this process that have lost go on one after the other, and those who lose often, to other processes, wait,
 * each for another while, until the others are done.
 */
export async function retryConflicts<T>(attempt: () => Promise<T>): Promise<T> {
  let about: string | undefined;
  let giveUp = (): void => undefined;
  try {
    for (let lost = 1; ; lost++) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof ConflictError) || lost >= maxAttempts) throw error;
        const key = subjectOf(error.conflict);
        if (key !== about) {
          giveUp(); // nobody holds two turns, each of which another one waits for
          giveUp = await turns.take((about = key));
        }
      }
      if (lost >= eagerAttempts) await delay(Math.random() * Math.min(2 ** (lost - eagerAttempts), longestPauseMs));
    }
  } finally {
    giveUp();
  }
}

const subjectOf = (conflict: Conflict): string =>
  conflict.kind === 'record' ? `${conflict.collection}/${conflict.id}` : conflict.stream;
