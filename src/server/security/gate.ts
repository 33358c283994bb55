import type { MLOpsConfig } from '../../config/mlops-config.js';
import { type ErrorCode, MLOpsError } from '../../errors.js';
import { authenticate } from '../../governance/access/authenticate.js';
import type { ContextOptions } from '../../runtime/context.js';
import type { OperationLog } from '../../runtime/logging/operation-log.js';
import type { Principal } from '../../runtime/principal.js';
import { isSameOrigin } from './allowed-hosts.js';
import { type Sessions, isSame } from './sessions.js';

/** Why a form may seem to come from elsewhere though it does not. */
export const proxyHint = 'a proxy in front must pass on the Host that it was asked for';

/** Who was let in. */
export interface Entry {
  /** Undefined: whoever the policy lets stand in, for the one who has the secret of this start. */
  readonly principal: Principal | undefined;
  /** Empty for callers with a bearer token: no other site can make a browser send one. */
  readonly formToken: string;
}

/** How a dashboard knows who is calling. */
export interface GateOptions {
  readonly config: MLOpsConfig;
  readonly context: ContextOptions;
  readonly sessions: Sessions;
  /** The secret of this start; absent where tokens of persons and services are asked for. */
  readonly localSecret: string | undefined;
  /** Whose token the one who has that secret acts by; absent where the principal of the context is believed. */
  readonly localToken: string | undefined;
  readonly log: OperationLog | undefined;
}

/** Lets a request in by its bearer token or its session. @throws MLOpsError `UNAUTHENTICATED`, `FORBIDDEN` for a forged form */
export async function letIn(
  request: Request,
  url: URL,
  form: URLSearchParams | undefined,
  gate: GateOptions,
): Promise<Entry> {
  const bearer = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  if (bearer !== undefined) return { principal: await principalOf(bearer, gate), formToken: '' };
  const session = gate.sessions.of(request);
  if (session === undefined) {
    const missing =
      gate.localSecret === undefined ? 'sign in with a token' : 'this browser has not opened that address';
    throw new MLOpsError('UNAUTHENTICATED', missing);
  }
  if (form !== undefined && !(isSameOrigin(request, url) && isSame(form.get('form_token') ?? '', session.formToken))) {
    throw new MLOpsError(
      'FORBIDDEN',
      `the form was not made by this page: reload the page and do it again; ${proxyHint}`,
    );
  }
  return { principal: await principalOf(session.token, gate), formToken: session.formToken };
}

/** @throws MLOpsError `UNAUTHENTICATED` */
export async function principalOf(
  shown: string,
  { config, context, localSecret, localToken, log }: GateOptions,
): Promise<Principal | undefined> {
  if (localSecret !== undefined && !isSame(shown, localSecret))
    throw new MLOpsError('UNAUTHENTICATED', 'this is not the secret of this start');
  const token = localSecret === undefined ? shown : localToken;
  if (token === undefined) return context.principal;
  const { storage, artifacts, clock } = context;
  try {
    return await authenticate(config, {
      token,
      ...(storage !== undefined && { storage }),
      ...(artifacts !== undefined && { artifacts }),
      ...(clock !== undefined && { clock }),
    });
  } catch (error) {
    if (!(error instanceof MLOpsError) || toldToStrangers.has(error.code)) throw error;
    // Such as the address of a store that is away: not for those who have yet to say who they are.
    log?.({ operation: 'dashboard.authenticate', durationMs: 0, error });
    throw new MLOpsError(error.code, 'who is calling cannot be found out now; try again later', { cause: error });
  }
}

const toldToStrangers: ReadonlySet<ErrorCode> = new Set(['UNAUTHENTICATED', 'KEY_UNAVAILABLE']);
