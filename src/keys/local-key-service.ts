import {
  type KeyObject,
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  randomBytes,
  sign,
} from 'node:crypto';
import { MLOpsError } from '../errors.js';
import { type KeyDocument, type StoredKey, infoOf, withRevoked, withRotated } from './key-document.js';
import type { KeyService } from './key-service.js';
import type { KeyInfo, KeyPurpose } from './key.js';

/** Where a key document is kept. */
export interface KeySource {
  /** As it is now: other processes may have changed it. The same object while nothing changed. */
  read(): Promise<KeyDocument>;
  /** Replaces it, alone among all processes. */
  update(change: (before: KeyDocument) => KeyDocument): Promise<KeyDocument>;
}

const ivBytes = 12;
const tagBytes = 16;

/** Keys that are used in this process. A wrapped key is IV ‖ AES-256-GCM ciphertext ‖ tag. */
export class LocalKeyService implements KeyService {
  #listed: { readonly document: KeyDocument; readonly infos: readonly KeyInfo[] } | undefined;
  readonly #objects = new Map<string, KeyObject>();

  constructor(private readonly source: KeySource) {}

  async list(): Promise<readonly KeyInfo[]> {
    const document = await this.source.read();
    if (this.#listed?.document !== document) {
      this.#listed = { document, infos: Object.freeze(document.keys.map(infoOf)) };
    }
    return this.#listed.infos;
  }

  async sign(keyId: string, bytes: Uint8Array): Promise<Uint8Array> {
    const { algorithm, secret } = await this.#find(keyId);
    if (secret === undefined) throw unavailable(keyId, 'no longer signs');
    const key = this.#object(`private ${keyId}`, () =>
      createPrivateKey({ key: Buffer.from(secret, 'base64'), format: 'der', type: 'pkcs8' }),
    );
    return sign(algorithm === 'ES256' ? 'sha256' : undefined, bytes, key);
  }

  async publicKey(keyId: string): Promise<string> {
    const { public: spki } = await this.#find(keyId);
    if (spki === undefined) throw unavailable(keyId, 'is no signing key');
    const key = createPublicKey({ key: Buffer.from(spki, 'base64'), format: 'der', type: 'spki' });
    return key.export({ type: 'spki', format: 'pem' }) as string;
  }

  async wrap(keyId: string, dataKey: Uint8Array, context: Uint8Array): Promise<Uint8Array> {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv('aes-256-gcm', await this.secret(keyId), iv, { authTagLength: tagBytes });
    cipher.setAAD(context);
    return Buffer.concat([iv, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()]);
  }

  async unwrap(keyId: string, wrapped: Uint8Array, context: Uint8Array): Promise<Uint8Array> {
    const tagAt = wrapped.byteLength - tagBytes;
    if (tagAt <= ivBytes) throw altered(keyId);
    // Node takes a tag of 4 bytes for good unless it is told how long tags are.
    const decipher = createDecipheriv('aes-256-gcm', await this.secret(keyId), wrapped.subarray(0, ivBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(context);
    decipher.setAuthTag(wrapped.subarray(tagAt));
    try {
      return Buffer.concat([decipher.update(wrapped.subarray(ivBytes, tagAt)), decipher.final()]);
    } catch {
      throw altered(keyId);
    }
  }

  async secret(keyId: string): Promise<Uint8Array> {
    const { secret, public: spki } = await this.#find(keyId);
    if (spki !== undefined) throw unavailable(keyId, 'is a signing key');
    return Buffer.from(secret!, 'base64'); // other keys always have one
  }

  async rotate(purpose: KeyPurpose, at: number): Promise<KeyInfo> {
    const { keys } = await this.source.update((before) => withRotated(before, purpose, at));
    return infoOf(keys.at(-1)!);
  }

  async revoke(keyId: string, reason: string, at: number): Promise<KeyInfo> {
    const { keys } = await this.source.update((before) => withRevoked(before, keyId, reason, at));
    return infoOf(keys.find(({ id }) => id === keyId)!);
  }

  async #find(keyId: string): Promise<StoredKey> {
    const found = (await this.source.read()).keys.find(({ id }) => id === keyId);
    if (found === undefined) throw unavailable(keyId, 'is not among the keys of this process');
    return found;
  }

  #object(name: string, make: () => KeyObject): KeyObject {
    let object = this.#objects.get(name);
    if (object === undefined) this.#objects.set(name, (object = make()));
    return object;
  }
}

const unavailable = (keyId: string, why: string): MLOpsError =>
  new MLOpsError('KEY_UNAVAILABLE', `key ${keyId} ${why}; bondx-mlops keys list shows what there is`);

const altered = (keyId: string): MLOpsError =>
  new MLOpsError('CORRUPT', `a data key wrapped by key ${keyId} was altered or belongs to something else`);
