import { type Table } from '../data/table.js';
import { decodeTable, encodeTable } from '../data/table-bytes.js';
import { readStored } from '../runtime/bundle.js';
import type { ArtifactRef, ArtifactStore } from '../storage/artifact-store.js';

/**
 * Keeps the training data, so that whoever resumes the retraining works on the very same rows. The bytes carry the
 * retraining's id: those of two retrainings are never one artifact, and each can delete its own.
 */
export const storeSnapshot = (artifacts: ArtifactStore, table: Table, retrainingId: string): Promise<ArtifactRef> =>
  artifacts.put(encodeTable(table, retrainingId));

export const readSnapshot = async (artifacts: ArtifactStore, { digest }: ArtifactRef): Promise<Table> =>
  decodeTable(await readStored(artifacts, digest));
