import type { RunArtifact } from './run.js';

/** What a folder of a run's artifacts holds. */
export interface ArtifactEntry {
  /** From the top, without a slash at the end. */
  readonly path: string;
  readonly isFolder: boolean;
  /** Bytes; of folders, of everything inside. */
  readonly size: number;
}

/**
 * The entries right inside a folder, by path.
 *
 * @param folder `''` for the top
 */
export function listFolder(artifacts: readonly RunArtifact[], folder: string): readonly ArtifactEntry[] {
  const prefix = folder === '' ? '' : `${folder.replace(/\/+$/, '')}/`;
  const entries = new Map<string, ArtifactEntry>();
  for (const { name, size } of artifacts) {
    if (!name.startsWith(prefix)) continue;
    const [first, ...rest] = name.slice(prefix.length).split('/');
    const path = prefix + first!;
    const before = entries.get(path);
    entries.set(path, { path, isFolder: rest.length > 0, size: size + (before?.size ?? 0) });
  }
  return [...entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
