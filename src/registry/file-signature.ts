import { createHash } from 'node:crypto';
import { SignatureError } from '../errors.js';
import type { Signer } from '../keys/key-ring.js';
import type { BundleFile } from '../runtime/bundle.js';
import type { Context } from '../runtime/context.js';
import { type Digest, digestJson } from '../util/digest.js';
import type { JsonObject } from '../util/json.js';

/**
 * The signed list of a version's files, as OpenSSF Model Signing v1.0 has it: an in-toto statement in a DSSE envelope.
 * What is signed is the very text of `payload`.
 */
export interface FileSignature {
  readonly keyId: string;
  /** The in-toto statement, JSON. */
  readonly payload: string;
  /** ECDSA on P-256 with SHA-256 over the pre-authentication encoding of the payload, DER, base64. */
  readonly signature: string;
}

export const payloadType = 'application/vnd.in-toto+json';
const statementType = 'https://in-toto.io/Statement/v1';
const predicateType = 'https://model_signing/signature/v1.0';

/** What is signed: the names and digests of all files, sorted by name, and which version they are. */
export function fileStatement(name: string, files: readonly BundleFile[]): JsonObject {
  const resources = [...files]
    .sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)))
    .map(({ path, digest }) => ({ name: path, algorithm: 'sha256', digest: hexOf(digest) }));
  const together = createHash('sha256');
  for (const { digest } of resources) together.update(digest, 'hex');
  return {
    _type: statementType,
    subject: [{ name, digest: { sha256: together.digest('hex') } }],
    predicateType,
    predicate: {
      serialization: { method: 'files', hash_type: 'sha256', allow_symlinks: false, ignore_paths: [] },
      resources,
    },
  };
}

/** SHA-256 of the canonical predicate. The digest in the statement leaves the names out and is no identity. */
export const fileIdentity = (statement: JsonObject): Digest => digestJson(statement['predicate']!);

/** DSSE's pre-authentication encoding: what is signed of a payload. */
export const preAuthentication = (payload: string): Uint8Array => {
  const body = Buffer.from(payload, 'utf8');
  return Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${body.length} `), body]);
};

/** Signs the files of a version that is about to be registered. @throws MLOpsError `KEY_UNAVAILABLE` */
export async function signFiles(
  { keys }: Pick<Context, 'keys'>,
  { modelName, version, files }: Omit<SignedVersion, 'fileSignature'>,
): Promise<FileSignature> {
  const payload = JSON.stringify(fileStatement(`${modelName}/${version}`, files));
  const { keyId, signature } = await (await keys()).signer('artifact_signing').sign(preAuthentication(payload));
  return { keyId, payload, signature: Buffer.from(signature).toString('base64') };
}

/** A version, as far as its signature speaks of it. */
export interface SignedVersion {
  readonly modelName: string;
  readonly version: string;
  readonly files: readonly BundleFile[];
  readonly fileSignature?: FileSignature;
}

/**
 * Holds a version's files against their signature. Their bytes are held against the digests when they are read.
 *
 * @throws SignatureError
 */
export async function verifyFiles(
  { config, keys }: Pick<Context, 'config' | 'keys'>,
  version: SignedVersion,
): Promise<void> {
  const { environment, security } = config.policy;
  const { modelName, fileSignature } = version;
  const name = `${modelName} ${version.version}`;
  if (fileSignature === undefined) {
    if (!(security.requireSignatures ?? environment === 'production')) return;
    throw new SignatureError(
      'unsigned',
      `the files of ${name} are not signed, and security.require_signatures asks for it: register it again`,
    );
  }
  const { keyId, payload } = assertComplete(fileSignature, name);
  await assertAuthentic((await keys()).signer('artifact_signing'), fileSignature, name);
  const signed = JSON.parse(payload) as ReturnType<typeof fileStatement>;
  const listed = listedIn(signed);
  for (const { path, digest } of version.files) {
    if (listed.get(path) === hexOf(digest)) continue;
    throw listed.has(path)
      ? new SignatureError('altered_manifest', `${path} of ${name} is not the file that was signed by key ${keyId}`)
      : new SignatureError(
          'unlisted_file',
          `${path} of ${name} is not among the files that were signed by key ${keyId}`,
        );
  }
  const subject = (signed['subject'] as unknown as readonly { readonly name: string }[])[0]!.name;
  if (version.files.length !== listed.size || subject !== `${modelName}/${version.version}`) {
    throw new SignatureError('altered_manifest', `the files of ${name} are not those that were signed by key ${keyId}`);
  }
}

/** A record that somebody wrote into the store by other means may hold anything. */
function assertComplete(signed: FileSignature | null, name: string): FileSignature {
  const { keyId, payload, signature }: Partial<FileSignature> = signed ?? {};
  if ([keyId, payload, signature].every((part) => typeof part === 'string')) return signed!;
  throw new SignatureError('altered_manifest', `the signature of ${name} has parts missing: it was altered`);
}

async function assertAuthentic(signer: Signer, signed: FileSignature, name: string): Promise<void> {
  const { keyId, payload, signature } = signed;
  const verdict = await signer.verify(keyId, preAuthentication(payload), Buffer.from(signature, 'base64'));
  switch (verdict) {
    case 'valid':
      return;
    case 'unknown_key':
      throw new SignatureError('unknown_key', `${name} is signed by ${keyId}, which is no artifact_signing key here`);
    case 'revoked':
      throw new SignatureError(
        'revoked_key',
        `${name} is signed by key ${keyId}, which was revoked: register it again`,
      );
    case 'invalid':
      throw new SignatureError(
        'altered_manifest',
        `the signature of ${name} by key ${keyId} does not fit: it was altered`,
      );
  }
}

function listedIn(statement: JsonObject): ReadonlyMap<string, string> {
  const { resources } = statement['predicate'] as unknown as {
    readonly resources: readonly { readonly name: string; readonly digest: string }[];
  };
  return new Map(resources.map(({ name, digest }) => [name, digest]));
}

const hexOf = (digest: Digest): string => digest.slice('sha256:'.length);
