import { readFile } from 'node:fs/promises';
import type { MLOpsConfig } from '../../config/mlops-config.js';
import { MLOpsError } from '../../errors.js';
import { isName } from '../../config/fields.js';
import { accessRulesOf } from './access-rules.js';
import type { Principal } from '../../runtime/principal.js';

type Jose = typeof import('jose');
type Keys = ReturnType<Jose['createRemoteJWKSet']>;
type Options = import('jose').JWTVerifyOptions;

/** A token made just now may be used already where clocks differ by so many seconds. None live longer for it. */
const leewaySeconds = 60;

/** Longest token looked at, characters. */
const maxLength = 16_384;

/**
 * The principal that a signed token names: signature, algorithm, issuer, audience and times are those of the policy's
 * `access.jwt`. A token without an expiry is refused.
 *
 * @throws MLOpsError `UNAUTHENTICATED`, the reason never holds the token; `KEY_UNAVAILABLE` when the issuer's keys cannot be had
 */
export async function verifyJwt(config: MLOpsConfig, token: string, now: number): Promise<Principal> {
  const { jwt } = config.policy.access;
  const { issuer, audience, principalClaim } = jwt;
  if (issuer === null || audience === null)
    throw refused('access.jwt names no issuer, so no signed tokens are accepted');
  if (token.length > maxLength) throw refused(`it is longer than ${maxLength} characters`);
  const jose = await import('jose');
  const options = {
    issuer,
    audience,
    algorithms: [...jwt.algorithms],
    currentDate: new Date(now),
    clockTolerance: leewaySeconds, // of jose, for `exp` as well as for `nbf`
    requiredClaims: ['exp', principalClaim],
  };
  const claims = await verify(jose, config, token, options);
  if ((claims['exp'] as number) <= Math.floor(now / 1000)) throw refused(expired);
  const id = claims[principalClaim];
  if (typeof id !== 'string' || !isName(id)) throw refused(`its claim ${principalClaim} is not a name`);
  return { id, type: accessRulesOf(config.policy).typeOf(id), authentication: 'jwt' };
}

async function verify(
  jose: Jose,
  config: MLOpsConfig,
  token: string,
  options: Options,
): Promise<Readonly<Record<string, unknown>>> {
  const { jwksUrl, publicKeyFile } = config.policy.access.jwt;
  try {
    if (jwksUrl !== null) return await verifyByKeySet(jose, remoteKeys(jose, config, jwksUrl), token, options);
    const pem = await readFile(config.resolvePath(publicKeyFile!), 'utf8').catch((error: unknown) => {
      const { code } = error as NodeJS.ErrnoException;
      throw unavailable(`access.jwt.public_key_file cannot be read (${code})`, error);
    });
    const { alg = 'nothing' } = jose.decodeProtectedHeader(token);
    if (!options.algorithms!.includes(alg)) throw refused(`it is signed with ${sayAlgorithm(alg)}`);
    const key = await jose.importSPKI(pem, alg).catch((error: unknown) => {
      throw refused(`access.jwt.public_key_file holds no public key in PEM ("BEGIN PUBLIC KEY") for ${alg}`, error);
    });
    return (await jose.jwtVerify(token, key, options)).payload;
  } catch (error) {
    if (error instanceof MLOpsError) throw error;
    throw refused(sayWhy(error), error);
  }
}

/** Where several keys of the set could be meant (no `kid`, or one that two keys have) only trying tells which one it is. */
async function verifyByKeySet(
  jose: Jose,
  keys: Keys,
  token: string,
  options: Options,
): Promise<Readonly<Record<string, unknown>>> {
  const { JOSENotSupported, JWKSMultipleMatchingKeys, JWKSNoMatchingKey, JWSSignatureVerificationFailed } = jose.errors;
  const aboutToken = [JOSENotSupported, JWKSMultipleMatchingKeys, JWKSNoMatchingKey];
  const find: import('jose').JWTVerifyGetKey = (header, jws) =>
    keys(header, jws).catch((error: unknown) => {
      throw aboutToken.some((kind) => error instanceof kind) ? error : noKeys(error);
    });
  try {
    return (await jose.jwtVerify(token, find, options)).payload;
  } catch (error) {
    if (!(error instanceof JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return (await jose.jwtVerify(token, key, options)).payload;
      } catch (wrong) {
        if (!(wrong instanceof JWSSignatureVerificationFailed)) throw wrong;
      }
    }
    throw new JWSSignatureVerificationFailed();
  }
}

/** Nothing is said against the token: who shows it again later may be let in. */
const unavailable = (why: string, cause: unknown): MLOpsError =>
  new MLOpsError('KEY_UNAVAILABLE', `the token cannot be verified now: ${why}; try again`, { cause });

function noKeys(cause: unknown): MLOpsError {
  const { message, cause: inner } = cause as Error & { readonly cause?: { readonly code?: unknown } };
  const why = typeof inner?.code === 'string' ? inner.code : message; // "fetch failed" has the reason as its cause
  return unavailable(`access.jwt.jwks_url gives no keys that can be used (${why})`, cause);
}

const remote = new WeakMap<MLOpsConfig, Keys>();

/** One key set a policy: it caches what it fetched. */
function remoteKeys(jose: Jose, config: MLOpsConfig, url: string): Keys {
  let keys = remote.get(config);
  if (keys === undefined) remote.set(config, (keys = jose.createRemoteJWKSet(new URL(url))));
  return keys;
}

const expired = 'it has expired';

/** The header is whoever's who made the token: anything may stand there. */
const sayAlgorithm = (alg: unknown): string =>
  /^\w{1,16}$/.test(String(alg)) ? String(alg) : 'an algorithm that there is none of';

/** Codes of jose are stable, and say what is wrong without repeating the token. */
function sayWhy(error: unknown): string {
  const { code, claim } = error as { readonly code?: string; readonly claim?: string };
  switch (code) {
    case 'ERR_JWT_EXPIRED':
      return expired;
    case 'ERR_JWT_CLAIM_VALIDATION_FAILED':
      if (claim === 'nbf') return 'its claim nbf is not reached yet: compare the clocks of this host and of the issuer';
      return `its claim ${claim} is not what access.jwt asks for`;
    case 'ERR_JOSE_ALG_NOT_ALLOWED':
      return 'it is signed with an algorithm that access.jwt.algorithms does not name';
    case 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED':
      return 'its signature does not verify';
    case 'ERR_JWKS_NO_MATCHING_KEY':
      return 'the issuer has no such key';
    default:
      return `it cannot be verified (${code ?? 'unreadable'})`;
  }
}

function refused(why: string, cause?: unknown): MLOpsError {
  return new MLOpsError('UNAUTHENTICATED', `the token is refused: ${why}`, { cause });
}
