import { MLOpsError } from '../errors.js';
import { bundleDigest } from '../runtime/bundle.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import type { Digest } from '../util/digest.js';
import type { ArtifactScan } from './gates.js';
import type { StoredVersion } from './model-record.js';

/** Endings of files a version may consist of. Nothing that is executed when it is read. */
const allowedEndings = ['.json', '.onnx', '.safetensors', '.csv', '.txt', '.md', '.yaml', '.yml'];

/**
 * Reads every file of a version: is the list of files that of the registration, is each file there, are its bytes those that were registered, is its format one that cannot
 * execute anything, and does it not begin like a Python pickle or a zip of one.
 */
export async function scanArtifacts(
  version: Pick<StoredVersion, 'files' | 'digest'>,
  artifacts: ArtifactStore,
): Promise<ArtifactScan> {
  const problems: string[] = [];
  if (bundleDigest(version.files) !== version.digest) problems.push('the list of files was changed after registration');
  for (const file of version.files) {
    if (!allowedEndings.some((ending) => file.path.toLowerCase().endsWith(ending))) {
      problems.push(`${file.path}: format not allowed; allowed are ${allowedEndings.join(' ')}`);
    }
    try {
      if (isPickle(await verifiedHead(artifacts, file.digest)))
        problems.push(`${file.path}: is a Python pickle, which executes code when it is loaded`);
    } catch (error) {
      if (!(error instanceof MLOpsError)) throw error;
      problems.push(`${file.path}: ${error.message}`);
    }
  }
  return { problems };
}

/** The first bytes of a stored file, after all of them were read and verified. */
async function verifiedHead(artifacts: ArtifactStore, digest: Digest): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array();
  for await (const chunk of artifacts.get(digest))
    if (head.length < 4) head = Buffer.concat([head, chunk.subarray(0, 4)]);
  return head;
}

/** Pickle protocols 2 to 5 begin with 0x80 and their number; torch saves a zip of pickles. */
const isPickle = (head: Uint8Array): boolean =>
  (head[0] === 0x80 && head[1] !== undefined && head[1] >= 2 && head[1] <= 5) ||
  (head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4);
