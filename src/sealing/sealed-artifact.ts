import { MLOpsError } from '../errors.js';
import type { ArtifactRef } from '../storage/artifact-store.js';
import type { Change, Storage } from '../storage/storage.js';
import type { Digest } from '../util/digest.js';
import type { JsonValue } from '../util/json.js';

/** Records of encrypted artifacts, by the digest of their plain content. */
export const sealedCollection = 'sealed_artifacts';

/**
 * How an artifact is stored: under the digest of its plain content there is this record, and under the digest of the
 * encrypted content there are the bytes. The plain digest stands in no value, so that it counts as referred to only
 * when something else names it.
 */
export interface SealedArtifact {
  readonly v: 1;
  /** Bytes of the plain content. */
  readonly plainSize: number;
  /** The encrypted content. */
  readonly sealed: ArtifactRef;
  readonly objectId: string;
  /** The key that wrapped the data key. */
  readonly keyId: string;
  /** The wrapped data key, base64. */
  readonly wrapped: string;
  /** When it was put last, UTC milliseconds. */
  readonly putAt: number;
}

export interface LoadedSealed {
  readonly version: number;
  readonly value: SealedArtifact;
}

export async function findSealed(storage: Storage, digest: Digest): Promise<LoadedSealed | undefined> {
  const found = await storage.get(sealedCollection, digest);
  if (found === undefined) return undefined;
  return { version: found.version, value: checkSealed(found.value, digest) };
}

export const putSealed = (digest: Digest, value: SealedArtifact, expect: 'absent' | number): Change => ({
  kind: 'put',
  collection: sealedCollection,
  id: digest,
  value: value as unknown as JsonValue,
  index: { keyId: value.keyId },
  expect,
});

/** What a data key is authenticated with: it opens the object of this id, whose content has this digest and size. */
export const sealingContext = (digest: Digest, plainSize: number, objectId: string): Uint8Array =>
  Buffer.from(`bondx-mlops artifact v1\0${digest}\0${plainSize}\0${objectId}`, 'utf8');

function checkSealed(value: JsonValue, digest: Digest): SealedArtifact {
  const record = value as unknown as Partial<SealedArtifact> | null;
  if (record?.v === 1 && typeof record.wrapped === 'string' && typeof record.sealed?.digest === 'string') {
    return record as SealedArtifact;
  }
  throw new MLOpsError(
    'CORRUPT',
    `the record of the encrypted artifact ${digest} is damaged; restore it from a backup`,
  );
}

/** Every record of encrypted artifacts, in no particular order. @param keyId only those wrapped by other keys than this */
export async function* sealedArtifacts(
  storage: Storage,
  otherThan?: string,
): AsyncGenerator<LoadedSealed & { readonly digest: Digest }> {
  for (let cursor: string | undefined; ;) {
    const page = await storage.query(sealedCollection, {
      limit: 1000,
      ...(otherThan !== undefined && { where: { field: 'keyId', op: 'ne', value: otherThan } as const }),
      ...(cursor !== undefined && { cursor }),
    });
    for (const { id, version, value } of page.records) {
      yield { digest: id as Digest, version, value: checkSealed(value, id as Digest) };
    }
    if (page.cursor === undefined) return;
    cursor = page.cursor;
  }
}
