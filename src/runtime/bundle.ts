import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { MLOpsError } from '../errors.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import { checkRelativePath } from '../util/check.js';
import { type Digest, digestJson } from '../util/digest.js';
import { isError } from '../util/is-error.js';

/** A stored file and the relative path it goes by. */
export interface BundleFile {
  readonly path: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** Content to store: bytes as they are, or a stream of them. */
export interface BundleSource {
  /** Relative path inside the bundle. */
  readonly path: string;
  /** Where it is known before. */
  readonly bytes?: number;
  readonly open: () => Uint8Array | AsyncIterable<Uint8Array>;
}

/**
 * Stores every source. Names, and sizes that are known, are checked before the first is stored; a stream that turns out to
 * be above the limit is refused then. The result is sorted by path.
 *
 * @throws MLOpsError `INVALID_INPUT`
 */
export async function storeBundle(
  artifacts: ArtifactStore,
  sources: readonly BundleSource[],
  maxBytes: number,
): Promise<readonly BundleFile[]> {
  const paths = new Set<string>();
  for (const { path: given, bytes = 0 } of sources) {
    const path = checkRelativePath(given, 'artifact path');
    if (paths.has(path)) {
      throw new MLOpsError('INVALID_INPUT', `two artifacts would be called ${path}; give one of them another name`);
    }
    if (bytes > maxBytes) {
      const problem = `${path} has ${bytes} bytes, and tracking.max_artifact_size_mb allows ${maxBytes}`;
      throw new MLOpsError('INVALID_INPUT', `${problem}; raise it, or store less`);
    }
    paths.add(path);
  }
  checkTree(paths);
  const files: BundleFile[] = [];
  for (const { path, open } of sources) files.push({ path, ...(await artifacts.put(open(), { maxBytes })) });
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * Refuses a file inside of another, which no folder and no archive could hold.
 *
 * @param added those that are new, of which one has to be at fault
 * @throws MLOpsError `INVALID_INPUT`
 */
export function checkTree(paths: ReadonlySet<string>, added: ReadonlySet<string> = paths): void {
  for (const path of paths) {
    for (let end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1)) {
      const outer = path.slice(0, end);
      if (!paths.has(outer) || !(added.has(path) || added.has(outer))) continue;
      throw new MLOpsError(
        'INVALID_INPUT',
        `${path} would be inside of the file ${outer}; give one of them another name`,
      );
    }
  }
}

/** Identifies a bundle: SHA-256 over paths, digests and sizes of its files. */
export const bundleDigest = (files: readonly BundleFile[]): Digest =>
  digestJson(files.map(({ path, digest, size }) => ({ path, digest, size })));

/**
 * What is at a path of the local file system: the file itself, or everything inside a folder. Symbolic links are
 * refused: they could point anywhere.
 *
 * @param name what the file is called in the bundle, or the folder that the files of a folder are in
 * @throws MLOpsError `NOT_FOUND` when there is nothing, `INVALID_INPUT` for links, devices and empty folders
 */
export async function localSources(path: string, name?: string): Promise<BundleSource[]> {
  const found = await look(path);
  if (found !== 'folder') return [{ path: name ?? basename(path), ...found, open: () => fileContent(path) }];
  const sources = await folderSources(path, name === undefined ? '' : `${name}/`);
  if (sources.length === 0)
    throw new MLOpsError('INVALID_INPUT', `${path} is an empty folder; there is nothing to store`);
  return sources;
}

async function folderSources(folder: string, prefix: string): Promise<BundleSource[]> {
  const sources: BundleSource[] = [];
  for (const entry of (await readdir(folder)).sort()) {
    const path = join(folder, entry);
    const found = await look(path);
    if (found === 'folder') sources.push(...(await folderSources(path, `${prefix}${entry}/`)));
    else sources.push({ path: `${prefix}${entry}`, ...found, open: () => fileContent(path) });
  }
  return sources;
}

/** A file's bytes. What has taken its place since it was looked at is not followed, nor waited for. */
async function* fileContent(path: string): AsyncGenerator<Uint8Array> {
  let file: FileHandle | undefined;
  try {
    // Windows has neither of the latter two, and needs neither.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (!(await file.stat()).isFile()) throw new Error('it is no file any more');
    yield* file.createReadStream() as AsyncIterable<Uint8Array>;
  } catch (cause) {
    const problem = isError(cause) ? cause.message : String(cause);
    throw new MLOpsError('NOT_FOUND', `${path} changed while it was being stored, or may not be read (${problem})`, {
      cause,
    });
  } finally {
    await file?.close();
  }
}

async function look(path: string): Promise<{ readonly bytes: number } | 'folder'> {
  const found = await lstat(path).catch((cause: unknown) => {
    throw new MLOpsError('NOT_FOUND', `there is no file or folder at ${path}`, { cause });
  });
  if (found.isDirectory()) return 'folder';
  if (found.isFile()) return { bytes: found.size };
  throw new MLOpsError('INVALID_INPUT', `${path} is neither a file nor a folder; links and devices are not stored`);
}

/** Reads a whole stored file, verified. */
export async function readStored(artifacts: ArtifactStore, digest: Digest): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of artifacts.get(digest)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
