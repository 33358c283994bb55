import type { MLOpsConfig } from '../../config/mlops-config.js';
import { MLOpsError } from '../../errors.js';
import { type ContextOptions, createContext } from '../../runtime/context.js';
import type { Principal } from '../../runtime/principal.js';
import { checkOptions, refuse } from '../../util/check.js';
import { deepFreeze } from '../../util/freeze.js';
import { type StoredToken, isSecretOf, parseToken, tokenStatus, tokensCollection } from './api-token.js';

/** What a caller shows to {@link authenticate}. */
export interface AuthenticateOptions extends Pick<ContextOptions, 'storage' | 'artifacts' | 'clock'> {
  /** A signed token (JWT) of the issuer in `access.jwt`, or an API token (`bondx_…`). */
  readonly token: string;
}

/**
 * Who a token is of. Pass the result to `withPrincipal` or as `{ principal }`. Signed tokens are looked at without the
 * store; API tokens are held against it, so that a revoked one ends at once.
 *
 * @example
 * const principal = await authenticate(config, { token: request.headers.authorization.replace('Bearer ', '') });
 * await registry.withPrincipal(principal).approvals.approve({ requestId });
 * @throws MLOpsError `UNAUTHENTICATED`; no message repeats the token. `KEY_UNAVAILABLE` while the key server of signed ones is away
 */
export async function authenticate(config: MLOpsConfig, options: AuthenticateOptions): Promise<Principal> {
  checkOptions(options, ['token', 'storage', 'artifacts', 'clock'], 'authenticate');
  const { token, ...given } = options;
  if (typeof token !== 'string') refuse('token must be a text');
  const context = createContext(config, given);
  try {
    const now = context.clock.now();
    const parsed = parseToken(token);
    if (parsed === undefined) {
      if (token.startsWith('bondx_')) throw new MLOpsError('UNAUTHENTICATED', 'the token is refused: it is not whole');
      const { verifyJwt } = await import('./verify-jwt.js');
      return deepFreeze(await verifyJwt(config, token, now));
    }
    const record = await (await context.stores.storage()).get(tokensCollection, parsed.tokenId);
    const stored = record?.value as unknown as StoredToken | undefined;
    // Whether there is such a token, and when it ended, is for those to know who have its secret.
    if (stored === undefined || !isSecretOf(parsed.secret, stored)) {
      throw new MLOpsError('UNAUTHENTICATED', 'the token is refused: there is none like it');
    }
    const status = tokenStatus(stored, now);
    if (status !== 'valid') {
      const what = status === 'expired' ? 'expired' : 'was revoked';
      throw new MLOpsError('UNAUTHENTICATED', `the token is refused: ${stored.tokenId} ${what}; make a new one`);
    }
    return deepFreeze({ ...stored.principal, authentication: 'api_token' });
  } finally {
    await context.stores.release();
  }
}
