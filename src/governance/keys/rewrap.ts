import { ConflictError, MLOpsError } from '../../errors.js';
import type { KeyRing } from '../../keys/key-ring.js';
import { findSealed, putSealed, sealedArtifacts, sealingContext } from '../../sealing/sealed-artifact.js';
import type { Storage } from '../../storage/storage.js';
import type { Digest } from '../../util/digest.js';

export interface RewrapResult {
  /** The key that wraps every data key now. */
  readonly keyId: string;
  /** Data keys that were wrapped anew. */
  readonly rewrapped: number;
  /** Those of keys that are unknown or revoked here: their files cannot be read. */
  readonly unreadable: number;
}

/** Wraps the data keys of encrypted files with the active key. Files are neither read nor written. */
export async function rewrapArtifacts(
  storage: Storage,
  ring: KeyRing,
  { signal }: { readonly signal?: AbortSignal },
): Promise<RewrapResult> {
  const { id: keyId } = await ring.active('artifact_encryption');
  let [rewrapped, unreadable] = [0, 0];
  for await (const { digest } of sealedArtifacts(storage, keyId)) {
    if (signal?.aborted === true) throw new MLOpsError('ABORTED', 'aborted', { cause: signal.reason });
    try {
      if (await rewrapOne(storage, ring, digest, keyId)) rewrapped++;
    } catch (error) {
      if (!(error instanceof MLOpsError) || !['KEY_UNAVAILABLE', 'CORRUPT'].includes(error.code)) throw error;
      unreadable++;
    }
  }
  return { keyId, rewrapped, unreadable };
}

/** Whether there was anything to do: others may delete it, put it again or wrap it meanwhile. */
async function rewrapOne(storage: Storage, ring: KeyRing, digest: Digest, keyId: string): Promise<boolean> {
  for (;;) {
    const found = await findSealed(storage, digest);
    if (found === undefined || found.value.keyId === keyId) return false;
    const { value, version } = found;
    const context = sealingContext(digest, value.plainSize, value.objectId);
    const old = { keyId: value.keyId, wrapped: Buffer.from(value.wrapped, 'base64') };
    const dataKey = await ring.unwrap('artifact_encryption', old, context);
    const fresh = await ring.wrap('artifact_encryption', dataKey, context);
    const wrapped = Buffer.from(fresh.wrapped).toString('base64');
    try {
      await storage.commit([putSealed(digest, { ...value, keyId: fresh.keyId, wrapped }, version)]);
      return true;
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
    }
  }
}
