import { createHash } from 'node:crypto';
import { MLOpsError } from '../errors.js';
import { type Digest, isDigest } from '../util/digest.js';
import type { ArtifactRef, PutArtifactOptions } from './artifact-store.js';
import { invalid } from './storage-name.js';

/** @throws MLOpsError `INVALID_INPUT` */
export function checkDigest(digest: unknown): Digest {
  if (typeof digest === 'string' && isDigest(digest)) return digest;
  throw invalid(`a digest is sha256: and 64 lowercase hexadecimal digits, got ${JSON.stringify(digest)}`);
}

/** Hands content on to a sink chunk by chunk and tells what it was. */
export async function measureContent(
  content: Uint8Array | AsyncIterable<Uint8Array>,
  options: PutArtifactOptions,
  sink: (chunk: Uint8Array) => void | Promise<void>,
): Promise<ArtifactRef> {
  let ref: ArtifactRef | undefined;
  for await (const chunk of meterContent(content, options, (measured) => (ref = measured))) await sink(chunk);
  return ref!;
}

/** Passes content on chunk by chunk, and says what it was once it has ended. */
export async function* meterContent(
  content: Uint8Array | AsyncIterable<Uint8Array>,
  options: PutArtifactOptions,
  onEnd: (ref: ArtifactRef) => void,
): AsyncGenerator<Uint8Array> {
  const { maxBytes = Infinity } = options;
  if (!(maxBytes >= 0)) throw invalid(`maxBytes must be a number of bytes, got ${maxBytes}`);
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of abortable(chunksOf(content), options.signal)) {
    if (!(chunk instanceof Uint8Array)) throw invalid('the content of an artifact comes in Uint8Array chunks');
    size += chunk.byteLength;
    if (size > maxBytes) throw invalid(`the content is larger than ${maxBytes} bytes, which was set as the limit`);
    hash.update(chunk);
    yield chunk;
  }
  const digest: Digest = `sha256:${hash.digest('hex')}`;
  if (digest !== (options.digest ?? digest)) throw invalid(`the content is ${digest}, and not ${options.digest}`);
  onEnd({ digest, size });
}

/** The same chunks, read before they are asked for until the content ends or has reached a number of bytes. */
export async function readAhead(
  content: AsyncGenerator<Uint8Array>,
  bytes: number,
): Promise<AsyncIterable<Uint8Array>> {
  const read: Uint8Array[] = [];
  for (let size = 0; size < bytes;) {
    const next = await content.next();
    if (next.done === true) break;
    read.push(next.value);
    size += next.value.byteLength;
  }
  return (async function* () {
    try {
      yield* read;
      yield* content;
    } finally {
      await content.return(undefined);
    }
  })();
}

/** Passes chunks on and throws `CORRUPT` at their end when they are not the content of the digest. */
export async function* verifyContent(digest: Digest, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  if (`sha256:${hash.digest('hex')}` !== digest) {
    throw new MLOpsError(
      'CORRUPT',
      `the stored content of ${digest} was altered or damaged; put the original again or restore it from a backup`,
    );
  }
}

export const artifactNotFound = (digest: Digest): MLOpsError =>
  new MLOpsError('NOT_FOUND', `there is no artifact ${digest}`);

function chunksOf(content: unknown): AsyncIterable<Uint8Array> {
  if (content instanceof Uint8Array) return single(content);
  if (typeof content === 'object' && content !== null && Symbol.asyncIterator in content) {
    return content as AsyncIterable<Uint8Array>;
  }
  throw invalid('the content of an artifact is a Uint8Array or an async iterable of them');
}

async function* single(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Stops with `ABORTED` as soon as the signal fires, even while the source keeps its next chunk back. */
async function* abortable<T>(source: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncGenerator<T> {
  if (signal === undefined) {
    yield* source;
    return;
  }
  const iterator = source[Symbol.asyncIterator]();
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(new MLOpsError('ABORTED', 'storing the artifact was aborted', { cause: signal.reason }));
  });
  aborted.catch(() => undefined); // handled by the race, if one is on
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  try {
    for (;;) {
      const next = await Promise.race([aborted, iterator.next()]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', stop);
    void iterator.return?.(); // not awaited: a source that stalls would stall the abort
  }
}
