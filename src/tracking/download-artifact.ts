import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ArtifactStore } from '../storage/artifact-store.js';
import { replaceFile } from '../util/on-file.js';
import type { RunArtifact } from './run.js';

/** Writes an artifact to a file, which appears only when all of it was verified. */
export async function downloadArtifact(artifacts: ArtifactStore, { digest }: RunArtifact, path: string): Promise<void> {
  await replaceFile(path, (partial) => pipeline(Readable.from(artifacts.get(digest)), createWriteStream(partial)));
}
