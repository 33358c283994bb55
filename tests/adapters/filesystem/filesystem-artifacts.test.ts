import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openFilesystemArtifacts } from '../../../src/adapters/filesystem/filesystem-artifacts.js';
import type { ArtifactStore } from '../../../src/storage/artifact-store.js';
import { artifactStoreConformance } from '../../../src/testing/index.js';
import type { Digest } from '../../../src/util/digest.js';
import { runConformance } from '../run-conformance.js';
import { inDirectories } from './temporary-directory.js';

const harness = inDirectories(openFilesystemArtifacts);

async function corrupt(store: ArtifactStore, digest: Digest): Promise<void> {
  const hex = digest.slice('sha256:'.length);
  const path = join(harness.directoryOf(store), 'sha256', hex.slice(0, 2), hex.slice(2));
  const content = await readFile(path);
  content[content.length - 1]! ^= 1;
  await writeFile(path, content);
}

runConformance('FilesystemArtifacts', artifactStoreConformance({ ...harness, corrupt }));
