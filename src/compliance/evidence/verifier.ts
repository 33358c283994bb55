import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { MLOpsError } from '../../errors.js';
import { checkOptions, refuse } from '../../util/check.js';

/** What a verification found. */
export interface EvidencePackVerification {
  readonly status: 'ok' | 'failed';
  readonly checks: readonly { readonly check: string; readonly passed: boolean; readonly message: string }[];
  /** Digest of the public key that the pack is signed with: compare it with what you were told another way. */
  readonly keyFingerprint?: string;
  /** That of the key that the checkpoint of the audit trail is signed with. */
  readonly checkpointKeyFingerprint?: string;
}

/** Keys that a pack must be signed with: `sha256:` and the digest of the public key (SPKI, DER). */
export interface ExpectedKeys {
  /** Of the index. */
  readonly keyFingerprint?: string;
  /** Of checkpoints of the audit trail, and of its start where old records were removed: one of these. */
  readonly checkpointKeyFingerprints?: readonly string[];
}

interface Verifier {
  readonly verifyEvidencePack: (bytes: Uint8Array, options: ExpectedKeys) => EvidencePackVerification;
}

/** The one implementation is a script of its own that needs nothing but Node, so that it can go with each pack. */
function locate(): URL {
  const places = ['../scripts/', '../../../scripts/'].map((folder) => new URL(`${folder}${name}`, import.meta.url));
  const found = places.find((place) => existsSync(place));
  if (found !== undefined) return found;
  throw new MLOpsError('INTERNAL', `scripts/${name} is not where the package has it; install the package again`);
}

const name = 'verify-evidence-pack.mjs';

/** The script's text. */
export const verifierScript = (): Promise<Buffer> => readFile(locate());

/**
 * Verifies an evidence pack: its files against the signed index, the chain of audit records and their proofs up to the signed
 * checkpoint, and that approvals are bound to the files. What it finds is an answer, whatever the bytes are.
 *
 * @param options keys it must be signed with
 */
export async function verifyEvidencePack(
  bytes: Uint8Array,
  options: ExpectedKeys = {},
): Promise<EvidencePackVerification> {
  if (!ArrayBuffer.isView(bytes)) refuse('verifyEvidencePack takes the bytes of a pack: await readFile(path)');
  checkOptions(options, ['keyFingerprint', 'checkpointKeyFingerprints'], 'verifyEvidencePack');
  const verifier = (await import(locate().href)) as Verifier;
  return verifier.verifyEvidencePack(bytes, options);
}
