import { SignatureError } from '../errors.js';
import type { Context } from '../runtime/context.js';
import { type Digest, digestBytes } from '../util/digest.js';
import { deepFreeze } from '../util/freeze.js';
import type { JsonObject } from '../util/json.js';
import { fileIdentity, payloadType, verifyFiles } from './file-signature.js';
import type { StoredVersion } from './model-record.js';

/** A version's signature for others to verify, without this software. */
export interface ExportedSignature {
  /** A Sigstore bundle, as the file `model.sig` of OpenSSF Model Signing v1.0. */
  readonly bundle: JsonObject;
  /** PEM, SubjectPublicKeyInfo: whoever verifies should have it from elsewhere too. */
  readonly publicKey: string;
  readonly keyId: string;
  /** SHA-256 of the canonical predicate: names and digests of all files. */
  readonly identity: Digest;
}

/** @throws SignatureError when it has none, or one that does not verify */
export async function exportFileSignature(context: Context, version: StoredVersion): Promise<ExportedSignature> {
  const { fileSignature } = version;
  if (fileSignature === undefined) {
    throw new SignatureError('unsigned', `the files of ${version.modelName} ${version.version} are not signed`);
  }
  await verifyFiles(context, version);
  const { keyId, payload, signature } = fileSignature;
  const publicKey = await (await context.keys()).signer('artifact_signing').publicKey(keyId);
  return deepFreeze({
    bundle: {
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: {
        publicKey: { hint: digestBytes(publicKey).slice('sha256:'.length) },
        tlogEntries: [],
      },
      dsseEnvelope: {
        payload: Buffer.from(payload, 'utf8').toString('base64'),
        payloadType,
        signatures: [{ sig: signature, keyid: '' }],
      },
    },
    publicKey,
    keyId,
    identity: fileIdentity(JSON.parse(payload) as JsonObject),
  });
}
