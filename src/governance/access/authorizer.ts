import { MLOpsError } from '../../errors.js';
import type { Context } from '../../runtime/context.js';
import type { Storage } from '../../storage/storage.js';
import { type OperationName, operations } from '../operations.js';
import { type AccessRules, accessRulesOf } from './access-rules.js';
import { findBreakGlass } from './break-glass.js';
import type { Scope, ScopeSource } from './scope.js';

/** On what grounds somebody may. */
export interface Grant {
  /** The raising without which it would have been denied. */
  readonly breakGlass?: string;
}

const plainGrant: Grant = {};

/** Decides whether the caller of a context may do what it asks for. */
export class Authorizer {
  readonly #rules: AccessRules;

  constructor(private readonly context: Context) {
    this.#rules = accessRulesOf(context.config.policy);
  }

  /** Without a store, nobody is raised. @throws MLOpsError `UNAUTHENTICATED`, `FORBIDDEN` */
  async authorize(operation: OperationName, source: Scope): Promise<Grant>;
  /**
   * @param open where raisings and the records that tell the scope are
   * @throws MLOpsError `UNAUTHENTICATED`, `FORBIDDEN`
   */
  async authorize(operation: OperationName, source: ScopeSource, open: () => Promise<Storage>): Promise<Grant>;
  async authorize(operation: OperationName, source: ScopeSource, open?: () => Promise<Storage>): Promise<Grant> {
    const { principal, clock, config } = this.context;
    if (principal === undefined) throw unknownCaller(operation);
    if (!this.#rules.isEnforced) return plainGrant;
    const { permission } = operations[operation];
    let found: Scope | undefined;
    const scope = async (): Promise<Scope> =>
      (found ??= typeof source === 'function' ? await source(await open!()) : source);
    const now = clock.now();
    const question = { principal, permission, scope, now };
    const verdict = await this.#rules.decide(question);
    if (verdict.isAllowed) return plainGrant;
    let { reason } = verdict;
    for (const { role, breakGlassId } of open === undefined ? [] : await findBreakGlass(await open(), principal, now)) {
      const raised = await this.#rules.decideRaised(question, role);
      if (raised.isAllowed) return { breakGlass: breakGlassId };
      reason = raised.reason;
    }
    throw new MLOpsError('FORBIDDEN', `${operation} is denied in ${config.policy.environment}: ${reason}`);
  }
}

const unknownCaller = (operation: OperationName): MLOpsError =>
  new MLOpsError(
    'UNAUTHENTICATED',
    `${operation} needs to know who is calling: pass { principal } or use withPrincipal(...), on the command line ` +
      '--token or BONDX_TOKEN; security.require_authentication is on in production',
  );
