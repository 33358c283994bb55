import { posix } from 'node:path';
import { MLOpsError, SignatureError } from '../errors.js';
import { foreignFormat } from '../models/foreign-format.js';
import { bundleDigest } from '../runtime/bundle.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import type { Digest } from '../util/digest.js';
import type { ArtifactScan } from './gates.js';
import type { StoredVersion } from './model-record.js';

/** Endings of files a version may consist of. Nothing that is executed when it is read. */
const allowedEndings = ['.json', '.onnx', '.safetensors', '.csv', '.txt', '.md', '.yaml', '.yml'];

/** What a scan looks at; what the model declares says which files hold weights only. */
export type ScannedVersion = Pick<StoredVersion, 'files' | 'digest' | 'declared'> & { readonly modelFile: string };

/**
 * Reads every file of a version: is the list of files that of the registration, is each file there, are its bytes those that were registered, is its format one that cannot
 * execute anything, and does it not begin like a Python pickle or a zip of one.
 *
 * @param verifySignature throws SignatureError when the files are not those that were signed; candidates have no signature yet
 */
export async function scanArtifacts(
  version: ScannedVersion,
  artifacts: ArtifactStore,
  verifySignature: () => Promise<void> = () => Promise.resolve(),
): Promise<ArtifactScan> {
  const problems: string[] = [];
  await verifySignature().catch((error: unknown) => {
    if (!(error instanceof SignatureError)) throw error;
    problems.push(error.message);
  });
  if (bundleDigest(version.files) !== version.digest) problems.push('the list of files was changed after registration');
  const weights = weightFiles(version);
  for (const file of version.files) {
    const isAllowed = allowedEndings.some((ending) => file.path.toLowerCase().endsWith(ending));
    if (!isAllowed && !weights.includes(file.path)) {
      problems.push(`${file.path}: format not allowed; allowed are ${allowedEndings.join(' ')}`);
    }
    try {
      const foreign = foreignFormat(await verifiedHead(artifacts, file.digest));
      if (foreign !== undefined) problems.push(`${file.path}: is ${foreign}`);
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

/** Files that a model names as those its weights lie in: numbers, whatever their ending. */
const weightFiles = ({ declared, modelFile }: ScannedVersion): readonly string[] =>
  (declared?.externalData ?? []).map(({ location }) => posix.join(posix.dirname(modelFile), location));
