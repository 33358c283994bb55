import { randomBytes } from 'node:crypto';
import { ConflictError } from '../errors.js';
import type { KeyRing } from '../keys/key-ring.js';
import { pseudonymOf } from '../privacy/pseudonym.js';
import type { Storage } from '../storage/storage.js';
import { dataKeyBytes } from './envelope.js';
import { type LoadedSubjectKey, checkSubject, findSubjectKey, putSubjectKey, subjectContext } from './subject-key.js';

/** A subject's key, to encrypt with. Commit together with `checkSubject(subject, version)`. */
export interface OpenSubjectKey {
  readonly subject: string;
  readonly version: number;
  readonly dataKey: Uint8Array;
}

/**
 * Gives each subject a data key of its own, wrapped by the store's key. Keys are kept in no memory: what is destroyed in
 * the store is gone for every process.
 */
export class SubjectKeys {
  constructor(private readonly keys: () => Promise<KeyRing>) {}

  /** The records of a subject: one, rarely more when a pseudonym key was rotated as it came; and the names without. */
  async find(
    storage: Storage,
    subject: string,
  ): Promise<{ readonly found: readonly LoadedSubjectKey[]; readonly names: readonly string[] }> {
    const names = await this.#namesOf(subject);
    const loaded = await Promise.all(names.map((name) => findSubjectKey(storage, name)));
    return {
      found: loaded.filter((key) => key !== undefined),
      names: names.filter((_, i) => loaded[i] === undefined),
    };
  }

  /** The key of a subject, made when there is none; undefined for one that was erased: it stays so. */
  async use(storage: Storage, subject: string): Promise<OpenSubjectKey | undefined> {
    for (;;) {
      const { found, names } = await this.find(storage, subject);
      if (found.some(({ value }) => value.erasedAt !== null)) return undefined;
      if (found[0] !== undefined) return this.#unwrap(found[0]);
      try {
        await this.#create(storage, names);
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error; // else somebody made it meanwhile
      }
    }
  }

  /** The key behind a pseudonym, to decrypt with; undefined when it was destroyed. */
  async open(storage: Storage, pseudonym: string): Promise<OpenSubjectKey | undefined> {
    const found = await findSubjectKey(storage, pseudonym);
    return found === undefined ? undefined : this.#unwrap(found);
  }

  async #create(storage: Storage, [subject, ...others]: readonly string[]): Promise<void> {
    const ring = await this.keys();
    const { keyId, wrapped } = await ring.wrap(
      'artifact_encryption',
      randomBytes(dataKeyBytes),
      subjectContext(subject!),
    );
    const value = {
      v: 1,
      keyId,
      wrapped: Buffer.from(wrapped).toString('base64'),
      hold: null,
      erasedAt: null,
    } as const;
    const absent = others.map((other) => checkSubject(other, 'absent'));
    await storage.commit([putSubjectKey(subject!, value, 'absent'), ...absent]);
  }

  async #unwrap({ subject, version, value }: LoadedSubjectKey): Promise<OpenSubjectKey | undefined> {
    const { keyId, wrapped } = value;
    if (keyId === null) return undefined; // it was erased, and the wrapped key with it
    const ring = await this.keys();
    const key = { keyId, wrapped: Buffer.from(wrapped!, 'base64') };
    return {
      subject,
      version,
      dataKey: await ring.unwrap('artifact_encryption', key, subjectContext(subject)),
    };
  }

  /**
   * By every key that makes or made pseudonyms, the active one first. Those of revoked keys are looked for, and never made:
   * who wants to be erased has to be found.
   */
  async #namesOf(subject: string): Promise<readonly string[]> {
    const ring = await this.keys();
    const active = await ring.active('pseudonym');
    const older = (await ring.list()).filter(({ purpose, id }) => purpose === 'pseudonym' && id !== active.id);
    return Promise.all(
      [active, ...older].map(async ({ id }) =>
        pseudonymOf({ keyId: id, secret: await ring.service.secret(id) }, 'bondx-mlops subject', subject),
      ),
    );
  }
}
