import { createHash } from 'node:crypto';
import type { ArtifactStore, Change, Durability, JsonObject, Storage } from '@bondx/mlops';

/** Every so many operations come with an artifact. */
export const artifactEvery = 5;

/** What operation `n` of a writer stores: the same bytes, whoever asks. */
export function contentOf(writer: number, n: number): Buffer {
  const seed = createHash('sha256').update(`${writer}/${n}`).digest();
  return Buffer.alloc(1 + ((seed[0]! * seed[1]!) % 40_000), seed);
}

export const digestOf = (content: Uint8Array): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;

export const streamOf = (writer: number): string => `writer/${writer}`;
export const recordOf = (writer: number, n: number): string => `${writer}/${n}`;
export const sharedStream = 'everybody';

/**
 * One operation: an artifact first, then one commit of a record, an entry in the writer's own stream and one in a stream
 * that all writers share, and the writer's counter. It is acknowledged when the promise resolves.
 */
export async function performOperation(
  { storage, artifacts }: { storage: Storage; artifacts: ArtifactStore },
  writer: number,
  n: number,
  durability: Durability,
): Promise<void> {
  const content = n % artifactEvery === 0 ? contentOf(writer, n) : undefined;
  const digest = content === undefined ? null : (await artifacts.put(content)).digest;
  const put = (collection: string, id: string, value: JsonObject): Change => ({
    kind: 'put',
    collection,
    id,
    value,
    index: { writer, n },
    expect: 'any',
  });
  await storage.commit(
    [
      put('operations', recordOf(writer, n), { writer, n, digest }),
      { kind: 'append', stream: streamOf(writer), values: [n], expect: n },
      { kind: 'append', stream: sharedStream, values: [[writer, n]] },
      put('counters', String(writer), { next: n + 1 }),
    ],
    { durability },
  );
}
