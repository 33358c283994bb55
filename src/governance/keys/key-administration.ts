import type { MLOpsConfig } from '../../config/mlops-config.js';
import { MLOpsError } from '../../errors.js';
import { newKeyDocument } from '../../keys/key-document.js';
import { createKeyFile } from '../../keys/key-file.js';
import { type KeyInfo, type KeyPurpose, keyPurposes } from '../../keys/key.js';
import { type Context, type ContextOptions, createContext } from '../../runtime/context.js';
import { keyFilePath } from '../../runtime/open-keys.js';
import { sealedArtifacts } from '../../sealing/sealed-artifact.js';
import { subjectKeysWhere } from '../../sealing/subject-key.js';
import { checkName, checkOneOf, checkOptions, refuse } from '../../util/check.js';
import { deepFreeze } from '../../util/freeze.js';
import { ControlPlane, type Plan } from '../control-plane.js';
import { type RewrapResult, rewrapArtifacts } from './rewrap.js';

/** Looks after the keys of a store. No method returns a key, only what is known about it. */
export class KeyAdministration {
  readonly #context: Context;
  readonly #control: ControlPlane;

  constructor(config: MLOpsConfig, options: ContextOptions = {}) {
    this.#context = createContext(config, options);
    this.#control = new ControlPlane(this.#context);
  }

  /** Every key, those that were retired or revoked included. */
  async list(): Promise<readonly KeyInfo[]> {
    return this.#control.access('keys.read', 'store', async () => (await this.#context.keys()).list());
  }

  /**
   * Makes the key file of a new store, where the policy says that it is.
   *
   * @returns its path
   * @throws MLOpsError `ALREADY_EXISTS`; `UNSUPPORTED` when the keys are not in a file
   */
  async create(): Promise<string> {
    if (this.#context.config.keyVariable() !== undefined) {
      throw new MLOpsError('UNSUPPORTED', 'the keys of this policy come from an environment variable, not from a file');
    }
    const path = keyFilePath(this.#context.config, await this.#context.stores.storage());
    const resource = { type: 'key_file', id: path };
    // The file comes first: without it, production records nothing, what is denied or fails included.
    try {
      await this.#control.authorize('keys.create', 'store');
      await createKeyFile(path, newKeyDocument(this.#context.clock.now()));
    } catch (error) {
      await this.#change('keys.create', resource, () => Promise.reject(error as Error)).catch(() => undefined);
      throw error;
    }
    await this.#change('keys.create', resource, async () => ({ changes: [], result: undefined }));
    return path;
  }

  /**
   * Retires the active key of a purpose and makes a new one. What the old one signed or encrypted stays good; processes
   * that are running take the new one at their next use.
   *
   * @throws MLOpsError `UNSUPPORTED` where keys are not changed from here
   */
  async rotate(purpose: KeyPurpose): Promise<KeyInfo> {
    checkOneOf(purpose, keyPurposes, 'purpose');
    await this.#begin('keys.rotate', purpose, async () => {
      const { service } = await this.#context.keys();
      if (service.rotate === undefined) throw unsupported('rotated');
    });
    let rotated: KeyInfo | undefined; // once, however often the record has to be planned anew
    return this.#change('keys.rotate', { type: 'key', id: purpose }, async () => {
      const { service } = await this.#context.keys();
      if (service.rotate === undefined) throw unsupported('rotated');
      rotated ??= await service.rotate(purpose, this.#context.clock.now());
      return { changes: [], result: rotated, resource: { type: 'key', id: rotated.id }, detail: { purpose } };
    });
  }

  /**
   * Revokes a key that is not active: what it signed is not believed, what it encrypted is not decrypted from now on, by any
   * process. A key that still protects files or payloads is not revoked: {@link rewrap} them first.
   *
   * @throws MLOpsError `NOT_FOUND`, `ILLEGAL_STATE`, `UNSUPPORTED`
   */
  async revoke(keyId: string, reason: string): Promise<KeyInfo> {
    checkName(keyId, 'keyId');
    if (typeof reason !== 'string' || reason.trim() === '') refuse('a revocation takes a reason');
    await this.#begin('keys.revoke', keyId, async () => {
      const { service } = await this.#context.keys();
      if (service.revoke === undefined) throw unsupported('revoked');
      await this.#assertUnused(keyId);
    });
    return this.#change('keys.revoke', { type: 'key', id: keyId }, async () => {
      const { service } = await this.#context.keys();
      if (service.revoke === undefined) throw unsupported('revoked');
      await this.#assertUnused(keyId);
      const result = await service.revoke(keyId, reason, this.#context.clock.now());
      return { changes: [], result, reason, detail: { purpose: result.purpose } };
    });
  }

  /**
   * Wraps the data keys of all encrypted files and of all subjects anew, with the key that is active now. The files are not touched, and are
   * read and written meanwhile. A call that was interrupted is gone on with by the next.
   */
  async rewrap(options: { readonly signal?: AbortSignal } = {}): Promise<RewrapResult> {
    checkOptions(options, ['signal'], 'rewrap');
    const storage = await this.#context.stores.storage();
    const active = await (await this.#context.keys()).active('artifact_encryption');
    return this.#change('storage.rewrap', { type: 'key', id: active.id }, async () => {
      const result = await rewrapArtifacts(storage, await this.#context.keys(), options);
      return { changes: [], result, detail: { ...result } };
    });
  }

  async close(): Promise<void> {
    await this.#context.stores.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #assertUnused(keyId: string): Promise<void> {
    const storage = await this.#context.stores.storage();
    let [files, subjects] = [0, 0];
    for await (const { value } of sealedArtifacts(storage)) if (value.keyId === keyId) files++;
    for await (const _subject of subjectKeysWhere(storage, 'eq', keyId)) subjects++;
    if (files === 0 && subjects === 0) return;
    throw new MLOpsError(
      'ILLEGAL_STATE',
      `${files} files are encrypted under key ${keyId}, and the payloads of ${subjects} subjects; they would be lost: run bondx-mlops storage rewrap first`,
    );
  }

  /**
   * Records that keys are about to be changed: they lie beside the store, in no commit with the record of their change, and a
   * process that is killed between the two would leave none.
   */
  async #begin(operation: 'keys.rotate' | 'keys.revoke', id: string, check: () => Promise<void>): Promise<void> {
    await this.#change(operation, { type: 'key', id }, async () => {
      await check();
      return { changes: [], result: undefined, detail: { state: 'begun' } };
    });
  }

  #change<T>(
    operation: 'keys.create' | 'keys.rotate' | 'keys.revoke' | 'storage.rewrap',
    resource: { readonly type: string; readonly id: string },
    plan: () => Promise<Plan<T>>,
  ): Promise<T> {
    return this.#control.change(operation, { resource, scope: 'store' }, async () => deepFreeze(await plan()));
  }
}

const unsupported = (what: string): MLOpsError =>
  new MLOpsError('UNSUPPORTED', `the keys of this service cannot be ${what} from here; use the tools of the service`);
