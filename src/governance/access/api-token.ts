import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Principal } from '../../runtime/principal.js';
import type { Change } from '../../storage/storage.js';
import { toIso } from '../../util/clock.js';
import { type Digest, digestBytes } from '../../util/digest.js';
import { deepFreeze } from '../../util/freeze.js';
import type { JsonValue } from '../../util/json.js';

export const tokensCollection = 'access.tokens';

/** A token as it is kept: its secret is not. Times are UTC milliseconds when stored. */
export interface StoredToken {
  readonly tokenId: string;
  readonly principal: Pick<Principal, 'id' | 'type'>;
  readonly description: string;
  /** SHA-256 of the secret: 256 random bits need no slower hash. */
  readonly hash: Digest;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly expiresAt: number;
  readonly revoked: { readonly at: number; readonly by: string; readonly reason: string } | null;
}

/** A token as a caller sees it. */
export interface ApiToken extends Omit<StoredToken, 'hash' | 'createdAt' | 'expiresAt' | 'revoked'> {
  readonly status: 'valid' | 'expired' | 'revoked';
  /** ISO 8601, UTC, as the others. */
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly revoked?: { readonly at: string; readonly by: string; readonly reason: string };
}

export const tokenStatus = ({ revoked, expiresAt }: StoredToken, now: number): ApiToken['status'] =>
  revoked !== null ? 'revoked' : now >= expiresAt ? 'expired' : 'valid';

export function viewToken(stored: StoredToken, now: number): ApiToken {
  const { tokenId, principal, description, createdAt, createdBy, expiresAt, revoked } = stored;
  return deepFreeze({
    tokenId,
    principal,
    description,
    status: tokenStatus(stored, now),
    createdAt: toIso(createdAt),
    createdBy,
    expiresAt: toIso(expiresAt),
    ...(revoked !== null && { revoked: { ...revoked, at: toIso(revoked.at) } }),
  });
}

export const putToken = (token: StoredToken, expect: 'absent' | number): Change => ({
  kind: 'put',
  collection: tokensCollection,
  id: token.tokenId,
  value: token as unknown as JsonValue,
  index: { principal: token.principal.id, createdAt: token.createdAt },
  expect,
});

const pattern = /^bondx_([0-9a-f]{32})_([A-Za-z0-9_-]{43})$/;

/** A new secret of 256 random bits, and the token that carries it: `bondx_<id>_<secret>`. */
export function newSecret(): { readonly tokenId: string; readonly token: string; readonly hash: Digest } {
  const tokenId = randomBytes(16).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  return { tokenId, token: `bondx_${tokenId}_${secret}`, hash: digestBytes(secret) };
}

/** The parts of a token; undefined for what cannot be one. */
export function parseToken(text: string): { readonly tokenId: string; readonly secret: string } | undefined {
  const parts = pattern.exec(text);
  return parts === null ? undefined : { tokenId: parts[1]!, secret: parts[2]! };
}

/** Compares in a time that does not depend on where they differ. */
export const isSecretOf = (secret: string, { hash }: Pick<StoredToken, 'hash'>): boolean =>
  timingSafeEqual(Buffer.from(digestBytes(secret)), Buffer.from(hash));
