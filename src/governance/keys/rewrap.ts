import { ConflictError, MLOpsError } from '../../errors.js';
import type { KeyRing } from '../../keys/key-ring.js';
import { findSealed, putSealed, sealedArtifacts, sealingContext } from '../../sealing/sealed-artifact.js';
import { findSubjectKey, putSubjectKey, subjectContext, subjectKeysWhere } from '../../sealing/subject-key.js';
import type { Storage } from '../../storage/storage.js';
import type { Digest } from '../../util/digest.js';

/** How many data keys were wrapped anew. */
export interface RewrapResult {
  /** The key that wraps every data key now. */
  readonly keyId: string;
  /** Data keys that were wrapped anew. */
  readonly rewrapped: number;
  /** Those of keys that are unknown or revoked here: their files and payloads cannot be read. */
  readonly unreadable: number;
}

/** Wraps the data keys of encrypted files and of subjects with the active key. What they protect is neither read nor written. */
export async function rewrapArtifacts(
  storage: Storage,
  ring: KeyRing,
  { signal }: { readonly signal?: AbortSignal },
): Promise<RewrapResult> {
  const { id: keyId } = await ring.active('artifact_encryption');
  let [rewrapped, unreadable] = [0, 0];
  const attempt = async (rewrapOne: () => Promise<boolean>): Promise<void> => {
    if (signal?.aborted === true)
      throw new MLOpsError('ABORTED', 'interrupted: what was done stays, the same command goes on', {
        cause: signal.reason,
      });
    try {
      if (await rewrapOne()) rewrapped++;
    } catch (error) {
      if (!(error instanceof MLOpsError) || !['KEY_UNAVAILABLE', 'CORRUPT'].includes(error.code)) throw error;
      unreadable++;
    }
  };
  for await (const { digest } of sealedArtifacts(storage, keyId)) {
    await attempt(() => rewrapArtifact(storage, ring, digest, keyId));
  }
  for await (const { subject } of subjectKeysWhere(storage, 'ne', keyId)) {
    await attempt(() => rewrapSubject(storage, ring, subject, keyId));
  }
  return { keyId, rewrapped, unreadable };
}

/** Whether there was anything to do: others may delete it, put it again or wrap it meanwhile. */
async function rewrapArtifact(storage: Storage, ring: KeyRing, digest: Digest, keyId: string): Promise<boolean> {
  for (;;) {
    const found = await findSealed(storage, digest);
    if (found === undefined || found.value.keyId === keyId) return false;
    const { value, version } = found;
    const context = sealingContext(digest, value.plainSize, value.objectId);
    const fresh = await rewrapKey(ring, value.keyId, value.wrapped, context);
    try {
      await storage.commit([putSealed(digest, { ...value, ...fresh }, version)]);
      return true;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}

/** As {@link rewrapArtifact}; the key of an erased subject is not there to be wrapped. */
async function rewrapSubject(storage: Storage, ring: KeyRing, subject: string, keyId: string): Promise<boolean> {
  for (;;) {
    const found = await findSubjectKey(storage, subject);
    if (found === undefined) return false;
    const { value, version } = found;
    if (value.keyId === null || value.wrapped === null || value.keyId === keyId) return false;
    const fresh = await rewrapKey(ring, value.keyId, value.wrapped, subjectContext(subject));
    try {
      await storage.commit([putSubjectKey(subject, { ...value, ...fresh }, version)]);
      return true;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}

async function rewrapKey(ring: KeyRing, oldId: string, wrapped: string, context: Uint8Array) {
  const old = { keyId: oldId, wrapped: Buffer.from(wrapped, 'base64') };
  const dataKey = await ring.unwrap('artifact_encryption', old, context);
  const fresh = await ring.wrap('artifact_encryption', dataKey, context);
  return { keyId: fresh.keyId, wrapped: Buffer.from(fresh.wrapped).toString('base64') };
}
