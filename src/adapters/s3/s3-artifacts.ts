import { MLOpsError } from '../../errors.js';
import type { ArtifactRef, ArtifactStore, PutArtifactOptions } from '../../storage/artifact-store.js';
import { artifactNotFound, checkDigest, measureContent, verifyContent } from '../../storage/artifact-content.js';
import { OperationGate } from '../../storage/operation-gate.js';
import { type Digest, isDigest } from '../../util/digest.js';
import { type S3ArtifactsOptions, openClient } from './open-client.js';
import { S3Bucket } from './s3-bucket.js';
import { toS3Error } from './s3-errors.js';
import { parseS3Url, placeOf } from './s3-location.js';
import { Spool } from './spool.js';
import { type UploadPlan, maxObjectBytes, partBytes, planUpload } from './upload-plan.js';

/** An upload that nobody finished within this time, in milliseconds, is left over from a process that died. */
const abandonedAfterMs = 24 * 60 * 60 * 1000;

/**
 * Opens the artifact store in a bucket, one object an artifact, named `<prefix>sha256/ab/cdef…` after its digest. Any
 * number of processes and hosts may share it. The bucket has to be there.
 *
 * Credentials, region and endpoint are those of the options or the URL, else what the AWS SDK finds (environment,
 * profile, instance role). They need `s3:ListBucket` on the bucket and `s3:GetObject`, `s3:PutObject`,
 * `s3:DeleteObject` and `s3:AbortMultipartUpload` below the prefix.
 *
 * @param url `s3://bucket/prefix?region=…&endpoint=…&path_style=true`, of which only the bucket is necessary
 * @throws MLOpsError `STORAGE_UNAVAILABLE` when there is no such bucket, access is denied, or nothing answers;
 *   `INVALID_INPUT`; `MISSING_DEPENDENCY`
 *
 * ```ts
 * const artifacts = await openS3Artifacts('s3://models/bonds', { region: 'eu-central-1' });
 * ```
 */
export async function openS3Artifacts(url: string, options: S3ArtifactsOptions = {}): Promise<ArtifactStore> {
  const location = parseS3Url(url);
  const { sdk, client } = await openClient(location, options);
  const bucket = new S3Bucket(sdk, client, location);
  const close = (): void => (options.client === undefined ? client.destroy() : undefined);
  try {
    await bucket.check();
  } catch (error) {
    close();
    throw error;
  }
  // May not be permitted, and not every server can: then a rule of the bucket has to do it.
  await bucket.abortUploadsBefore(new Date(Date.now() - abandonedAfterMs)).catch(() => undefined);
  return new S3Artifacts(bucket, placeOf(location), close);
}

class S3Artifacts implements ArtifactStore {
  readonly capabilities = { name: 's3', persistent: true, multiProcess: true };
  readonly #gate = new OperationGate('this artifact store');

  constructor(
    private readonly bucket: S3Bucket,
    private readonly place: string,
    private readonly release: () => void,
  ) {}

  put(content: Uint8Array | AsyncIterable<Uint8Array>, options: PutArtifactOptions = {}): Promise<ArtifactRef> {
    const { maxBytes = maxObjectBytes, signal } = options;
    return this.#gate.run(async () => {
      const spool = new Spool(partBytes);
      try {
        const limited = { ...options, maxBytes: maxBytes > maxObjectBytes ? maxObjectBytes : maxBytes };
        const ref = await measureContent(content, limited, (chunk) => this.#spooled(spool.write(chunk)));
        await this.#keep(await planUpload(ref, spool), signal);
        return ref;
      } finally {
        await spool.close();
      }
    });
  }

  async *get(digest: Digest): AsyncGenerator<Uint8Array> {
    this.#gate.assertOpen();
    yield* verifyContent(checkDigest(digest), this.#content(digest));
  }

  stat(digest: Digest): Promise<ArtifactRef | undefined> {
    return this.#gate.run(async () => {
      const facts = await this.bucket.facts(keyOf(checkDigest(digest)));
      return facts && { digest, size: facts.size };
    });
  }

  delete(digest: Digest): Promise<boolean> {
    return this.#gate.run(async () => {
      const key = keyOf(checkDigest(digest));
      if ((await this.bucket.facts(key)) === undefined) return false; // deleting what is not there succeeds, too
      await this.bucket.delete(key);
      return true;
    });
  }

  async *list(): AsyncGenerator<ArtifactRef> {
    this.#gate.assertOpen();
    for await (const { key, size } of this.bucket.list('sha256/')) {
      const digest = `sha256:${key.slice('sha256/'.length).replace('/', '')}`;
      if (isDigest(digest) && keyOf(digest) === key) yield { digest, size };
    }
  }

  close(): Promise<void> {
    return this.#gate.close(this.release);
  }

  /** Uploads what is not stored yet, whole and sound, and makes sure that it arrived as it was. */
  async #keep(plan: UploadPlan, signal: AbortSignal | undefined): Promise<void> {
    if (await this.#isStored(plan)) return;
    await this.bucket.upload(keyOf(plan.ref.digest), plan, signal);
    if (await this.#isStored(plan)) return;
    throw new MLOpsError('CORRUPT', `${this.place}: ${plan.ref.digest} was altered on its way or at once after; retry`);
  }

  /** Asks for the checksum that the object store has; where it keeps none, reads the object. */
  async #isStored({ ref, checksum }: UploadPlan): Promise<boolean> {
    const facts = await this.bucket.facts(keyOf(ref.digest));
    if (facts?.size !== ref.size) return false;
    return facts.checksum === undefined ? this.#isSound(ref.digest) : facts.checksum === checksum;
  }

  async #isSound(digest: Digest): Promise<boolean> {
    try {
      for await (const _chunk of verifyContent(digest, this.#content(digest)));
      return true;
    } catch (error) {
      if (error instanceof MLOpsError && error.code === 'CORRUPT') return false;
      throw error;
    }
  }

  async *#content(digest: Digest): AsyncGenerator<Uint8Array> {
    const chunks = await this.bucket.read(keyOf(digest));
    if (chunks === undefined) throw artifactNotFound(digest);
    yield* chunks;
  }

  async #spooled(write: Promise<void>): Promise<void> {
    return write.catch((error: unknown) => {
      throw toS3Error(error, this.place, 'write');
    });
  }
}

function keyOf(digest: Digest): string {
  const hex = digest.slice('sha256:'.length);
  return `sha256/${hex.slice(0, 2)}/${hex.slice(2)}`;
}
