import { type KeyObject, createPublicKey, verify } from 'node:crypto';
import { MLOpsError } from '../errors.js';
import type { KeyService } from './key-service.js';
import type { KeyInfo, KeyPurpose, SigningPurpose, WrappingPurpose } from './key.js';

/** What a signature is worth. */
export type SignatureVerdict = 'valid' | 'invalid' | 'unknown_key' | 'revoked';

/** Signs for one purpose and checks what was signed for it. */
export interface Signer {
  /** Signs with the key that is active now. */
  sign(bytes: Uint8Array): Promise<{ readonly keyId: string; readonly signature: Uint8Array }>;
  /** A key of another purpose is `unknown_key`. */
  verify(keyId: string, bytes: Uint8Array, signature: Uint8Array): Promise<SignatureVerdict>;
  /** Of a key of this purpose, PEM. @throws MLOpsError `KEY_UNAVAILABLE` */
  publicKey(keyId: string): Promise<string>;
}

/** A data key as it may be stored. */
export interface WrappedKey {
  /** The key that wrapped it. */
  readonly keyId: string;
  readonly wrapped: Uint8Array;
}

/** The keys of a store by purpose, wherever they live. What is revoked is refused here, whatever the service does. */
export class KeyRing {
  /** Reading one takes several times as long as verifying with it. */
  readonly #publicKeys = new Map<string, KeyObject>();

  constructor(readonly service: KeyService) {}

  list(): Promise<readonly KeyInfo[]> {
    return this.service.list();
  }

  /** The key that new work of a purpose is done with. @throws MLOpsError `KEY_UNAVAILABLE` */
  async active(purpose: KeyPurpose): Promise<KeyInfo> {
    const found = (await this.service.list()).find((key) => key.purpose === purpose && key.status === 'active');
    if (found !== undefined) return found;
    throw new MLOpsError(
      'KEY_UNAVAILABLE',
      `there is no active key for ${purpose}; make one with bondx-mlops keys rotate --purpose ${purpose}`,
    );
  }

  signer(purpose: SigningPurpose): Signer {
    return {
      sign: async (bytes) => {
        const { id } = await this.active(purpose);
        return { keyId: id, signature: await this.service.sign(id, bytes) };
      },
      verify: async (keyId, bytes, signature) => {
        const key = await this.#find(keyId, purpose);
        if (key === undefined) return 'unknown_key';
        if (key.status === 'revoked') return 'revoked';
        const publicKey = await this.#publicKey(keyId);
        return verify(key.algorithm === 'ES256' ? 'sha256' : undefined, bytes, publicKey, signature)
          ? 'valid'
          : 'invalid';
      },
      publicKey: async (keyId) => {
        if ((await this.#find(keyId, purpose)) === undefined) throw unknown(keyId, purpose);
        return this.service.publicKey(keyId);
      },
    };
  }

  /** @param context authenticated with the data key: what it is for, so that it cannot be used for anything else */
  async wrap(purpose: WrappingPurpose, dataKey: Uint8Array, context: Uint8Array): Promise<WrappedKey> {
    const { id } = await this.active(purpose);
    return { keyId: id, wrapped: await this.service.wrap(id, dataKey, context) };
  }

  /** @throws MLOpsError `KEY_UNAVAILABLE` for an unknown or revoked key, `CORRUPT` when key or context were altered */
  async unwrap(purpose: WrappingPurpose, { keyId, wrapped }: WrappedKey, context: Uint8Array): Promise<Uint8Array> {
    await this.#usable(keyId, purpose);
    return this.service.unwrap(keyId, wrapped, context);
  }

  /** The secret that pseudonyms are made with: the active one's unless another is named. */
  async pseudonymKey(keyId?: string): Promise<{ readonly keyId: string; readonly secret: Uint8Array }> {
    const id = keyId ?? (await this.active('pseudonym')).id;
    await this.#usable(id, 'pseudonym');
    return { keyId: id, secret: await this.service.secret(id) };
  }

  /** A key of a service that answers: its id stays that of the same key. */
  async #publicKey(keyId: string): Promise<KeyObject> {
    const known = this.#publicKeys.get(keyId);
    if (known !== undefined) return known;
    const made = createPublicKey(await this.service.publicKey(keyId));
    this.#publicKeys.set(keyId, made);
    return made;
  }

  async #find(keyId: string, purpose: KeyPurpose): Promise<KeyInfo | undefined> {
    return (await this.service.list()).find((key) => key.id === keyId && key.purpose === purpose);
  }

  async #usable(keyId: string, purpose: KeyPurpose): Promise<void> {
    const found = await this.#find(keyId, purpose);
    if (found === undefined) throw unknown(keyId, purpose);
    if (found.status !== 'revoked') return;
    throw new MLOpsError(
      'KEY_UNAVAILABLE',
      `key ${keyId} (${purpose}) was revoked: what it protects is not read any more`,
    );
  }
}

const unknown = (keyId: string, purpose: KeyPurpose): MLOpsError =>
  new MLOpsError(
    'KEY_UNAVAILABLE',
    `there is no key ${keyId} for ${purpose} here: the key file is not the one this was made with, or not all of it; restore it from its copy`,
  );
