import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ArtifactStore } from '../storage/artifact-store.js';
import { onFile } from '../util/on-file.js';
import type { RunArtifact } from './run.js';

/** Writes an artifact to a file, which appears only when all of it was verified. */
export async function downloadArtifact(artifacts: ArtifactStore, { digest }: RunArtifact, path: string): Promise<void> {
  await onFile(path, async () => {
    await mkdir(dirname(path), { recursive: true });
    const partial = join(dirname(path), `.${randomUUID()}.partial`); // another download may be under way
    try {
      await pipeline(Readable.from(artifacts.get(digest)), createWriteStream(partial));
      await rename(partial, path);
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  });
}
