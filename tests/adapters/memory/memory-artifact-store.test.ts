import { MemoryArtifactStore } from '../../../src/adapters/memory/memory-artifact-store.js';
import { artifactStoreConformance } from '../../../src/testing/index.js';
import { runConformance } from '../run-conformance.js';

runConformance(
  'MemoryArtifactStore',
  artifactStoreConformance({ open: async () => new MemoryArtifactStore(), has: ['deleteUnlessPutSince'] }),
);
