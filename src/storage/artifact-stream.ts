import { MLOpsError } from '../errors.js';
import type { PutArtifactOptions } from './artifact-store.js';

/** Content as a stream of chunks, whatever it was given as. */
export async function* chunksOf(content: Uint8Array | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) yield content;
  else yield* content;
}

/** Passes chunks on until there are too many bytes or the caller cancels; then it throws. */
export async function* collectBounded(
  chunks: AsyncIterable<Uint8Array>,
  { maxBytes = Infinity, signal }: PutArtifactOptions,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new MLOpsError(
        'INVALID_INPUT',
        `the artifact is larger than the ${maxBytes} bytes allowed (tracking.max_artifact_size_mb)`,
      );
    }
    if (signal?.aborted === true) throw new MLOpsError('ABORTED', 'storing the artifact was cancelled');
    yield chunk;
  }
}
