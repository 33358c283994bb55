import type { MLOpsConfig } from '../../config/mlops-config.js';
import { MLOpsError } from '../../errors.js';
import { type Context, type ContextOptions, createContext, deriveContext } from '../../runtime/context.js';
import type { Principal } from '../../runtime/principal.js';
import type { Storage } from '../../storage/storage.js';
import { checkName, checkObject, checkOneOf, checkOptionalName, checkOptions, refuse } from '../../util/check.js';
import { ControlPlane } from '../control-plane.js';
import { accessRulesOf } from './access-rules.js';
import { type ApiToken, type StoredToken, newSecret, putToken, tokensCollection, viewToken } from './api-token.js';
import {
  type BreakGlass,
  type StoredBreakGlass,
  breakGlassCollection,
  putBreakGlass,
  viewBreakGlass,
} from './break-glass.js';

/** For whom an API token is, and until when. */
export interface CreateTokenOptions {
  /** Whom it proves; the caller unless told. A person's token is made by that person. */
  readonly principal?: Pick<Principal, 'id' | 'type'>;
  /** What it is for. */
  readonly description?: string;
  /** How long it is valid, days, at most 366; 90 unless told. */
  readonly days?: number;
}

/** Why somebody takes rights that they do not have, and for how long. */
export interface RaiseOptions {
  /** What happened. */
  readonly reason: string;
  /** How long, minutes; `access.break_glass.max_minutes` unless told, and at most that. */
  readonly minutes?: number;
}

const dayMs = 86_400_000;

/** Tokens, and what somebody may do in an emergency. Who may do what stands in the policy, see docs/access.md. */
export class AccessControl {
  readonly #context: Context;
  readonly #control: ControlPlane;

  constructor(config: MLOpsConfig, options: ContextOptions | Context = {}) {
    this.#context = createContext(config, options);
    this.#control = new ControlPlane(this.#context);
  }

  /** The same, used by somebody else. */
  withPrincipal(principal: Principal): AccessControl {
    return new AccessControl(this.#context.config, deriveContext(this.#context, { principal }));
  }

  /**
   * Makes an API token. Its text is in the answer and nowhere else: what is kept is a hash.
   *
   * @throws MLOpsError `FORBIDDEN` for another person's token: whoever held it could approve in that person's name
   */
  async createToken(options: CreateTokenOptions = {}): Promise<ApiToken & { readonly token: string }> {
    checkOptions(options, ['principal', 'description', 'days'], 'createToken');
    const { days = 90, description = '' } = options;
    if (typeof days !== 'number' || !(days > 0 && days <= 366))
      refuse(`days must be above 0, at most 366, got ${days}`);
    if (typeof description !== 'string' || !description.isWellFormed() || description.length > 500) {
      refuse('description must be a text of at most 500 characters');
    }
    const principal = this.#whose(options.principal);
    const { tokenId, token, hash } = newSecret();
    const isOwn = this.#isCaller(principal);
    const operation = isOwn ? 'access.create_token' : 'access.create_service_token';
    const request = { resource: { type: 'token', id: tokenId }, scope: isOwn ? 'self' : 'store' } as const;
    return this.#control.change(operation, request, async () => {
      if (!isOwn && principal.type === 'person' && accessRulesOf(this.#context.config.policy).isEnforced) {
        throw new MLOpsError('FORBIDDEN', `${principal.id} is a person, and makes tokens for himself or herself`);
      }
      const now = this.#context.clock.now();
      const createdBy = this.#callerId;
      const times = { createdAt: now, createdBy, expiresAt: now + days * dayMs };
      const stored: StoredToken = { tokenId, principal, description, hash, ...times, revoked: null };
      return {
        changes: [putToken(stored, 'absent')],
        result: Object.freeze({ ...viewToken(stored, now), token }),
        detail: { principal: principal.id, type: principal.type, days },
      };
    });
  }

  /** Ends a token at once. Revoking twice is fine. @throws MLOpsError `NOT_FOUND` */
  async revokeToken(tokenId: string, reason = 'revoked by hand'): Promise<ApiToken> {
    checkName(tokenId, 'tokenId');
    checkReason(reason);
    const found = await this.#control.access('access.read', 'self', (storage) => findToken(storage, tokenId));
    const isOwn = found !== undefined && this.#isCaller(found.value.principal);
    const operation = isOwn ? 'access.revoke_own_token' : 'access.revoke_token';
    const request = { resource: { type: 'token', id: tokenId }, scope: isOwn ? 'self' : 'store' } as const;
    return this.#control.change(operation, request, async (storage) => {
      const loaded = await findToken(storage, tokenId);
      if (loaded === undefined) throw new MLOpsError('NOT_FOUND', `there is no token ${tokenId}`);
      const now = this.#context.clock.now();
      const revoked = loaded.value.revoked ?? { at: now, by: this.#callerId, reason };
      const stored = { ...loaded.value, revoked };
      const detail = { principal: stored.principal.id };
      return { changes: [putToken(stored, loaded.version)], result: viewToken(stored, now), reason, detail };
    });
  }

  /** Tokens, newest first, without their secrets; those of one principal, or of all. */
  async listTokens(
    options: { readonly principal?: string; readonly limit?: number } = {},
  ): Promise<readonly ApiToken[]> {
    checkOptions(options, ['principal', 'limit'], 'listTokens');
    const { limit = 100 } = options;
    const principal = checkOptionalName(options.principal, 'principal');
    const scope = principal !== undefined && principal === this.#context.principal?.id ? 'self' : 'store';
    return this.#control.access('access.read', scope, async (storage) => {
      const { records } = await storage.query(tokensCollection, {
        ...(principal !== undefined && { where: { field: 'principal', op: 'eq', value: principal } }),
        orderBy: [{ field: 'createdAt', direction: 'desc' }],
        limit,
      });
      const now = this.#context.clock.now();
      return records.map(({ value }) => viewToken(value as unknown as StoredToken, now));
    });
  }

  /**
   * Raises the caller to `access.break_glass.role` for a short time, because of an emergency. One person is enough; what is
   * done that nothing else permits carries the id of the raising in its audit record, and another person reviews it.
   *
   * @throws MLOpsError `ILLEGAL_STATE` where permissions are not checked
   */
  async breakGlass(options: RaiseOptions): Promise<BreakGlass> {
    checkOptions(options, ['reason', 'minutes'], 'breakGlass');
    const { role, maxMinutes } = this.#context.config.policy.access.breakGlass;
    const { reason, minutes = maxMinutes } = options;
    checkReason(reason);
    if (typeof minutes !== 'number' || !(minutes > 0 && minutes <= maxMinutes)) {
      refuse(`minutes must be above 0, at most access.break_glass.max_minutes (${maxMinutes}), got ${minutes}`);
    }
    const breakGlassId = this.#context.ids.next();
    const request = { resource: { type: 'break_glass', id: breakGlassId }, scope: 'self' } as const;
    return this.#control.change('access.break_glass', request, async () => {
      const now = this.#context.clock.now();
      const { id: principal, type } = this.#whose(undefined);
      const expiresAt = now + minutes * 60_000;
      if (!accessRulesOf(this.#context.config.policy).isEnforced) {
        throw new MLOpsError('ILLEGAL_STATE', 'permissions are not checked here: there is nothing to be raised to');
      }
      const stored: StoredBreakGlass = {
        breakGlassId,
        principal,
        type,
        role,
        reason,
        raisedAt: now,
        expiresAt,
        review: null,
      };
      return {
        changes: [putBreakGlass(stored, 'absent')],
        result: viewBreakGlass(stored, now),
        reason,
        detail: { role, minutes },
      };
    });
  }

  /**
   * Says that an emergency was looked at: with {@link AuditLog.list} and `breakGlass`, what was done under it.
   *
   * @throws MLOpsError `FORBIDDEN` for whoever raised himself, under whatever name; `NOT_FOUND`, `ILLEGAL_STATE`
   */
  async review(breakGlassId: string, comment: string): Promise<BreakGlass> {
    checkName(breakGlassId, 'breakGlassId');
    checkReason(comment);
    const request = { resource: { type: 'break_glass', id: breakGlassId }, scope: 'store' } as const;
    return this.#control.change('access.review', request, async (storage) => {
      const record = await storage.get(breakGlassCollection, breakGlassId);
      if (record === undefined) throw new MLOpsError('NOT_FOUND', `nobody was raised as ${breakGlassId}`);
      const stored = record.value as unknown as StoredBreakGlass;
      const now = this.#context.clock.now();
      this.#assertMayReview(stored, now);
      const reviewed = { ...stored, review: { by: this.#callerId, at: now, comment } };
      const result = viewBreakGlass(reviewed, now);
      return { changes: [putBreakGlass(reviewed, record.version)], result, reason: comment };
    });
  }

  /** Emergencies, newest first; those that nobody reviewed with `{ isReviewed: false }`. */
  async listBreakGlass(
    options: { readonly isReviewed?: boolean; readonly limit?: number } = {},
  ): Promise<readonly BreakGlass[]> {
    checkOptions(options, ['isReviewed', 'limit'], 'listBreakGlass');
    const { isReviewed, limit = 100 } = options;
    return this.#control.access('access.read', 'store', async (storage) => {
      const { records } = await storage.query(breakGlassCollection, {
        ...(isReviewed !== undefined && { where: { field: 'isReviewed', op: 'eq', value: isReviewed } }),
        orderBy: [{ field: 'raisedAt', direction: 'desc' }],
        limit,
      });
      const now = this.#context.clock.now();
      return records.map(({ value }) => viewBreakGlass(value as unknown as StoredBreakGlass, now));
    });
  }

  /** Gives up the storage; it closes when the last instance made from the same config has. */
  async close(): Promise<void> {
    await this.#context.stores.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #assertMayReview({ breakGlassId, principal, expiresAt, review }: StoredBreakGlass, now: number): void {
    const rules = accessRulesOf(this.#context.config.policy);
    const caller = this.#context.principal;
    if (caller?.type !== 'person' || rules.identityOf(caller.id) === rules.identityOf(principal)) {
      throw new MLOpsError('FORBIDDEN', `another person than ${principal} has to review ${breakGlassId}`);
    }
    if (review !== null) throw new MLOpsError('ILLEGAL_STATE', `${review.by} reviewed ${breakGlassId} already`);
    if (now < expiresAt) throw new MLOpsError('ILLEGAL_STATE', `${breakGlassId} is not over; review it when it is`);
  }

  #whose(given: CreateTokenOptions['principal']): StoredToken['principal'] {
    if (given !== undefined) {
      checkObject(given, 'principal');
      const type = checkOneOf(given.type, ['person', 'service'] as const, 'principal.type');
      return { id: checkName(given.id, 'principal.id'), type };
    }
    const { principal } = this.#context;
    return { id: this.#callerId, type: principal?.type ?? 'person' };
  }

  #isCaller({ id, type }: StoredToken['principal']): boolean {
    const { principal } = this.#context;
    return principal === undefined || (principal.id === id && principal.type === type);
  }

  get #callerId(): string {
    return this.#context.principal?.id ?? 'anonymous'; // refused before anything comes of it
  }
}

async function findToken(
  storage: Storage,
  tokenId: string,
): Promise<{ readonly value: StoredToken; readonly version: number } | undefined> {
  const record = await storage.get(tokensCollection, tokenId);
  return record && { value: record.value as unknown as StoredToken, version: record.version };
}

function checkReason(value: unknown): void {
  if (typeof value !== 'string' || value.trim() === '' || !value.isWellFormed() || value.length > 4_000) {
    refuse('say why, in at most 4,000 characters');
  }
}
