import { createHash, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { MLOpsError } from '../errors.js';
import { toIso } from '../util/clock.js';
import { type KeyInfo, type KeyPurpose, algorithmOf, keyPurposes } from './key.js';

/** A key with its material. Never leaves this folder. */
export interface StoredKey extends KeyInfo {
  /** Symmetric keys: 32 bytes. Signing keys: PKCS #8, gone once they no longer sign. Base64. */
  readonly secret?: string;
  /** Signing keys: SubjectPublicKeyInfo, base64. */
  readonly public?: string;
}

/** What a key file holds. */
export interface KeyDocument {
  readonly keys: readonly StoredKey[];
}

const format = 'bondx-mlops-keys';
const idPattern = /^[0-9a-f]{16}$/;
const isoPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const maxCharacters = 1024 * 1024;

/** Fresh keys of every purpose. Key material comes from the system's generator, never from an injected one. */
export const newKeyDocument = (at: number): KeyDocument => ({
  keys: keyPurposes.map((purpose) => newKey(purpose, at)),
});

/** The id of a signing key is the beginning of the SHA-256 of its public key, that of another is random. */
export function newKey(purpose: KeyPurpose, at: number): StoredKey {
  const about = { purpose, algorithm: algorithmOf[purpose], status: 'active', created: toIso(at) } as const;
  if (about.algorithm === 'A256GCMKW' || about.algorithm === 'HS256') {
    return { id: randomBytes(8).toString('hex'), ...about, secret: randomBytes(32).toString('base64') };
  }
  const pair =
    about.algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('ed25519', undefined);
  const spki = pair.publicKey.export({ type: 'spki', format: 'der' });
  const pkcs8 = pair.privateKey.export({ type: 'pkcs8', format: 'der' });
  return { id: signingKeyId(spki), ...about, secret: pkcs8.toString('base64'), public: spki.toString('base64') };
}

const signingKeyId = (spki: Uint8Array): string => createHash('sha256').update(spki).digest('hex').slice(0, 16);

export const infoOf = ({ secret: _secret, public: _public, ...info }: StoredKey): KeyInfo => Object.freeze(info);

/** A new active key of a purpose; the one before is retired. */
export function withRotated(document: KeyDocument, purpose: KeyPurpose, at: number): KeyDocument {
  const keys = document.keys.map((key) =>
    key.purpose === purpose && key.status === 'active'
      ? withoutPrivate({ ...key, status: 'retired' as const, changed: toIso(at) })
      : key,
  );
  return { keys: [...keys, newKey(purpose, at)] };
}

/** @throws MLOpsError `NOT_FOUND`, `ILLEGAL_STATE` for the active key: nothing new could be made without one */
export function withRevoked(document: KeyDocument, id: string, reason: string, at: number): KeyDocument {
  const found = document.keys.find((key) => key.id === id);
  if (found === undefined) throw new MLOpsError('NOT_FOUND', `there is no key ${id}; bondx-mlops keys list shows them`);
  if (found.status === 'active') {
    throw new MLOpsError(
      'ILLEGAL_STATE',
      `${id} is the active key for ${found.purpose}; rotate it first, then revoke it`,
    );
  }
  if (found.status === 'revoked') return document;
  const revoked = withoutPrivate({ ...found, status: 'revoked' as const, changed: toIso(at), reason });
  return { keys: document.keys.map((key) => (key.id === id ? revoked : key)) };
}

/** What does not sign any more has no use for its private half. Symmetric keys stay: retired ones decrypt. */
function withoutPrivate(key: StoredKey): StoredKey {
  if (key.public === undefined) return key;
  const { secret: _secret, ...rest } = key;
  return rest;
}

export const printKeyDocument = ({ keys }: KeyDocument): string =>
  `${JSON.stringify({ format, version: 1, keys }, undefined, 2)}\n`;

/**
 * Reads a key file. No message repeats anything of its content.
 *
 * @param name what messages call it
 * @throws MLOpsError `KEY_UNAVAILABLE`
 */
export function parseKeyDocument(text: string, name: string): KeyDocument {
  const damaged = (what: string): never => {
    throw new MLOpsError(
      'KEY_UNAVAILABLE',
      `${name} is no key file of this package: ${what}; restore it from its copy`,
    );
  };
  if (text.length > maxCharacters) damaged('it is larger than a mebibyte');
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    damaged('it is not JSON'); // the parser's own message quotes the text
  }
  if (!isRecord(content) || content['format'] !== format) return damaged(`it does not say "format": "${format}"`);
  if (content['version'] !== 1) return damaged('its version is not 1, the one this version knows');
  if (!Array.isArray(content['keys'])) return damaged('it has no list of keys');
  const keys = content['keys'].map((key: unknown, i) => checkKey(key) ?? damaged(`key ${i + 1} is malformed`));
  if (new Set(keys.map(({ id }) => id)).size !== keys.length) return damaged('two keys have one id');
  const active = keys.filter(({ status }) => status === 'active').map(({ purpose }) => purpose);
  if (new Set(active).size !== active.length) return damaged('two keys of one purpose are active');
  return { keys };
}

const fields = ['id', 'purpose', 'algorithm', 'status', 'created', 'changed', 'reason', 'secret', 'public'];

function checkKey(value: unknown): StoredKey | undefined {
  if (!isRecord(value) || Object.keys(value).some((field) => !fields.includes(field))) return undefined;
  const { id, purpose, algorithm, status, created, changed, reason, secret } = value;
  const known = keyPurposes.find((name) => name === purpose);
  const isSound =
    typeof id === 'string' &&
    idPattern.test(id) &&
    known !== undefined &&
    algorithm === algorithmOf[known] &&
    (status === 'active' || status === 'retired' || status === 'revoked') &&
    isTime(created) &&
    (changed === undefined || isTime(changed)) &&
    (reason === undefined || typeof reason === 'string') &&
    (algorithm === 'A256GCMKW' || algorithm === 'HS256'
      ? value['public'] === undefined && bytesOf(secret)?.length === 32
      : isSigningKey(id, value) && (secret !== undefined) === (status === 'active'));
  return isSound ? (value as unknown as StoredKey) : undefined;
}

/** Its public key is one, and the id is derived from it: a public key cannot be exchanged for another. */
function isSigningKey(id: string, { algorithm, secret, public: spki }: Readonly<Record<string, unknown>>): boolean {
  const bytes = bytesOf(spki);
  if (bytes === undefined || signingKeyId(bytes) !== id) return false;
  if (secret !== undefined && bytesOf(secret) === undefined) return false;
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey({ key: bytes, format: 'der', type: 'spki' });
    return algorithm === 'Ed25519'
      ? asymmetricKeyType === 'ed25519'
      : asymmetricKeyDetails?.namedCurve === 'prime256v1';
  } catch {
    return false;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTime = (value: unknown): boolean => typeof value === 'string' && isoPattern.test(value);

/** Only the one base64 form that this package writes. */
function bytesOf(value: unknown): Buffer | undefined {
  if (typeof value !== 'string' || value.length === 0) return undefined;
  const bytes = Buffer.from(value, 'base64');
  return bytes.toString('base64') === value ? bytes : undefined;
}
