import { type SealedArtifact, sealedCollection } from '../sealing/sealed-artifact.js';
import type { Storage } from '../storage/storage.js';
import { type Digest, isDigest } from '../util/digest.js';
import type { JsonValue } from '../util/json.js';
import { dumpPages } from './store-content.js';

/** A file that a record names and the store does not have. */
export interface MissingFile {
  readonly digest: Digest;
  /** Collection and id of a record that names it. */
  readonly namedBy: string;
}

/**
 * Files that records name, as `{ digest, size }`, and that are not in the store: those cannot be brought back.
 *
 * @param isThere asked for the bytes as they lie there, encrypted ones under digests of their own
 */
export async function findMissingFiles(
  storage: Storage,
  isThere: (digest: Digest) => Promise<boolean>,
): Promise<readonly MissingFile[]> {
  const named = new Map<Digest, string>();
  const sealed = new Map<Digest, Digest>();
  for await (const { items } of dumpPages(storage, {})) {
    if (items[0]?.kind === 'entries') break; // what is in streams, such as audit records, names no files
    for (const item of items) {
      if (item.kind !== 'record') continue;
      if (item.collection === sealedCollection) {
        sealed.set(item.id as Digest, sealedDigest(item.value)); // where content is; of what nobody else names, garbage
        continue;
      }
      for (const digest of filesIn(item.value)) {
        if (!named.has(digest)) named.set(digest, `${item.collection}/${item.id}`);
      }
    }
  }
  const missing: MissingFile[] = [];
  for (const [digest, namedBy] of named) {
    if (!(await isThere(sealed.get(digest) ?? digest))) missing.push({ digest, namedBy });
  }
  return missing;
}

const sealedDigest = (value: JsonValue): Digest => (value as unknown as SealedArtifact).sealed.digest;

function* filesIn(value: JsonValue): Generator<Digest> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) {
    const { digest, size } = value as { readonly digest?: JsonValue; readonly size?: JsonValue };
    if (typeof size === 'number' && typeof digest === 'string' && isDigest(digest)) yield digest;
  }
  for (const member of Object.values(value) as JsonValue[]) yield* filesIn(member);
}
