import type { S3Client } from '@aws-sdk/client-s3';
import { type S3Location, placeOf } from './s3-location.js';
import { type Purpose, isAbsent, toS3Error } from './s3-errors.js';
import { type UploadPart, type UploadPlan, partBytes } from './upload-plan.js';

export type Sdk = typeof import('@aws-sdk/client-s3');

/** Parts on their way at once; each is in memory meanwhile. */
const partsAtOnce = 4;

/** What the store knows of an object. */
export interface ObjectFacts {
  readonly size: number;
  /** SHA-256, base64, as {@link UploadPlan.checksum}; absent when the object was stored without, or the server has none. */
  readonly checksum?: string;
}

/** The requests that an artifact store makes of a bucket. Keys are below its prefix; every error says what to do. */
export class S3Bucket {
  readonly #place: string;

  constructor(
    private readonly sdk: Sdk,
    private readonly client: S3Client,
    private readonly location: S3Location,
  ) {
    this.#place = placeOf(location);
  }

  /**
   * Lists one key: unlike a HEAD request, a list that is refused is told why.
   *
   * @throws MLOpsError when there is no such bucket, or it cannot be listed
   */
  async check(): Promise<void> {
    const request = { ...this.#bucket, Prefix: this.location.prefix, MaxKeys: 1 };
    await this.#run('read', () => this.client.send(new this.sdk.ListObjectsV2Command(request)));
  }

  async facts(key: string): Promise<ObjectFacts | undefined> {
    try {
      const head = await this.client.send(
        new this.sdk.HeadObjectCommand({ ...this.#object(key), ChecksumMode: 'ENABLED' }),
      );
      const checksum = head.ChecksumSHA256?.replace(/-\d+$/, ''); // a composite one ends in the number of parts
      return { size: head.ContentLength ?? 0, ...(checksum !== undefined && { checksum }) };
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw toS3Error(error, this.#place);
    }
  }

  /** Undefined when there is no such object. */
  async read(key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    try {
      const { Body } = await this.client.send(new this.sdk.GetObjectCommand(this.#object(key)));
      return this.#chunks(Body as AsyncIterable<Uint8Array>);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw toS3Error(error, this.#place);
    }
  }

  async upload(key: string, plan: UploadPlan, abortSignal: AbortSignal | undefined): Promise<void> {
    const options = abortSignal === undefined ? {} : { abortSignal };
    if (plan.ref.size > partBytes) return this.#uploadParts(key, plan, options);
    const Body = await plan.content.read(0, plan.ref.size);
    const request = { ...this.#object(key), Body, ...sha256(plan.checksum) };
    await this.#run('write', () => this.client.send(new this.sdk.PutObjectCommand(request), options));
  }

  async delete(key: string): Promise<void> {
    await this.#run('write', () => this.client.send(new this.sdk.DeleteObjectCommand(this.#object(key))));
  }

  /** Keys and sizes of all objects that begin so. */
  async *list(start: string): AsyncGenerator<{ readonly key: string; readonly size: number }> {
    const { prefix } = this.location;
    const request = { ...this.#bucket, Prefix: prefix + start };
    for (let token: string | undefined; ;) {
      const ContinuationToken = token === undefined ? {} : { ContinuationToken: token };
      const page = await this.#run('read', () =>
        this.client.send(new this.sdk.ListObjectsV2Command({ ...request, ...ContinuationToken })),
      );
      for (const { Key = '', Size = 0 } of page.Contents ?? []) yield { key: Key.slice(prefix.length), size: Size };
      token = page.NextContinuationToken;
      if (token === undefined) return;
    }
  }

  /** Gives up uploads that were begun before a moment and never finished, which cost money and are not listed. */
  async abortUploadsBefore(moment: Date): Promise<void> {
    const request = { ...this.#bucket, Prefix: this.location.prefix };
    const { Uploads = [] } = await this.client.send(new this.sdk.ListMultipartUploadsCommand(request));
    for (const { Key, UploadId, Initiated } of Uploads) {
      if (Initiated === undefined || Initiated >= moment) continue;
      await this.client.send(new this.sdk.AbortMultipartUploadCommand({ ...this.#bucket, Key, UploadId }));
    }
  }

  async #uploadParts(key: string, plan: UploadPlan, options: { abortSignal?: AbortSignal }): Promise<void> {
    const { sdk, client } = this;
    const object = this.#object(key);
    const { UploadId } = await this.#run('write', () =>
      client.send(new sdk.CreateMultipartUploadCommand({ ...object, ChecksumAlgorithm: 'SHA256' }), options),
    );
    const send = async ({ number, start, length, checksum }: UploadPart) => {
      const Body = await plan.content.read(start, length);
      const request = { ...object, UploadId, PartNumber: number, Body, ...sha256(checksum) };
      const { ETag } = await client.send(new sdk.UploadPartCommand(request), options);
      return { ETag, PartNumber: number, ChecksumSHA256: checksum };
    };
    await this.#run('write', async () => {
      try {
        const Parts = await inTurns(plan.parts, partsAtOnce, send);
        const request = { ...object, UploadId, MultipartUpload: { Parts } };
        await client.send(new sdk.CompleteMultipartUploadCommand(request), options);
      } catch (error) {
        // Where that fails too, the next to open the store does it.
        await client.send(new sdk.AbortMultipartUploadCommand({ ...object, UploadId })).catch(() => undefined);
        throw error;
      }
    });
  }

  async *#chunks(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (error) {
      throw toS3Error(error, this.#place);
    }
  }

  async #run<T>(purpose: Purpose, request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      throw toS3Error(error, this.#place, purpose);
    }
  }

  get #bucket(): { readonly Bucket: string } {
    return { Bucket: this.location.bucket };
  }

  #object(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.location.bucket, Key: this.location.prefix + key };
  }
}

const sha256 = (checksum: string) => ({ ChecksumAlgorithm: 'SHA256', ChecksumSHA256: checksum }) as const;

/** Runs a task for every item, so many at a time; once one has failed, none is begun and those under way are awaited. */
async function inTurns<T, R>(items: readonly T[], atOnce: number, task: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++;
      results[at] = await task(items[at]!).catch((error: unknown) => {
        next = items.length;
        throw error;
      });
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  return results;
}
