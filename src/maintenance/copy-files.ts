import { MLOpsError } from '../errors.js';
import type { ArtifactRef, ArtifactStore } from '../storage/artifact-store.js';
import { type WorkOptions, assertNotAborted } from './store-directories.js';

export interface CopiedFiles {
  readonly files: number;
  readonly bytes: number;
}

/** Copies every artifact that is not there yet, verified as it is read and as it is stored. */
export async function copyFiles(
  source: ArtifactStore,
  target: ArtifactStore,
  { signal, onProgress }: WorkOptions,
): Promise<CopiedFiles> {
  const refs: ArtifactRef[] = [];
  for await (const ref of source.list()) refs.push(ref);
  const total = refs.reduce((sum, { size }) => sum + size, 0);
  let bytes = 0;
  for (const { digest, size } of refs) {
    assertNotAborted(signal);
    if ((await target.stat(digest))?.size !== size) {
      await target.put(source.get(digest), { digest, ...(signal && { signal }) });
    }
    bytes += size;
    onProgress?.(bytes / (total || 1), 'files');
  }
  return { files: refs.length, bytes };
}

/** @throws MLOpsError `CORRUPT` when an artifact of the source is missing in the target, or has another size there */
export async function verifyFiles(source: ArtifactStore, target: ArtifactStore, options: WorkOptions): Promise<void> {
  for await (const { digest, size } of source.list()) {
    assertNotAborted(options.signal);
    const found = await target.stat(digest);
    if (found?.size === size) continue;
    throw new MLOpsError(
      'CORRUPT',
      `${digest} has ${size} bytes in the source and ${found?.size ?? 'none'} in the target; migrate again`,
    );
  }
}
