import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openFilesystemArtifacts } from '../adapters/filesystem/filesystem-artifacts.js';
import { listBackups, manifestName, poolFolder } from './backup-manifest.js';

const dayMs = 86_400_000;

/** What folders of backups that are under way begin with. */
export const unfinishedPrefix = 'unfinished-';

/**
 * Removes backups older than so many days, and the files that only they had. The newest backup stays, however old.
 *
 * @param dryRun only say which
 * @returns the folders that are gone
 */
export async function expireBackups(
  directory: string,
  retentionDays: number,
  now: number,
  dryRun = false,
): Promise<readonly string[]> {
  const backups = await listBackups(directory);
  const isOld = (createdAt: string): boolean => now - Date.parse(createdAt) > retentionDays * dayMs;
  const began = Date.now();
  const expired = backups.slice(0, -1).filter(({ createdAt }) => isOld(createdAt));
  if (expired.length === 0 || dryRun) return expired.map(({ path }) => path);
  for (const { path } of expired) {
    await rm(join(path, manifestName), { force: true }); // from here on it is no backup, whatever of the rest can be removed
    await rm(path, { recursive: true, force: true });
  }
  // A backup that is under way counts on what it has put, and no manifest names that yet.
  const since = (await isUnderWay(directory)) ? began - dayMs : began;
  const needed = new Set((await listBackups(directory)).flatMap(({ artifacts }) => artifacts));
  const pool = await openFilesystemArtifacts(join(directory, poolFolder));
  const gone = new Set(expired.flatMap(({ artifacts }) => artifacts));
  for await (const { digest } of pool.list()) {
    if (gone.has(digest) && !needed.has(digest)) await pool.deleteUnlessPutSince!(digest, since);
  }
  await pool.close();
  return expired.map(({ path }) => path);
}

const unfinishedIn = async (directory: string): Promise<readonly string[]> =>
  (await readdir(directory).catch(() => [])).filter((name) => name.startsWith(unfinishedPrefix));

const isUnderWay = async (directory: string): Promise<boolean> => (await unfinishedIn(directory)).length > 0;

/** Removes what backups left that were killed: folders that nothing came to for a day. */
export async function removeAbandoned(directory: string): Promise<void> {
  for (const name of await unfinishedIn(directory)) {
    const path = join(directory, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }));
    if (Date.now() - mtimeMs > dayMs) await rm(path, { recursive: true, force: true });
  }
}
