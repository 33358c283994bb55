import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openFilesystemArtifacts } from '../adapters/filesystem/filesystem-artifacts.js';
import { listBackups, manifestName, poolFolder } from './backup-manifest.js';

const dayMs = 86_400_000;

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
  const expired = backups.slice(0, -1).filter(({ createdAt }) => isOld(createdAt));
  if (expired.length === 0 || dryRun) return expired.map(({ path }) => path);
  for (const { path } of expired) {
    await rm(join(path, manifestName)); // from here on it is no backup, whatever of the rest can be removed
    await rm(path, { recursive: true });
  }
  const needed = new Set((await listBackups(directory)).flatMap(({ artifacts }) => artifacts));
  const pool = await openFilesystemArtifacts(join(directory, poolFolder));
  const gone = new Set(expired.flatMap(({ artifacts }) => artifacts));
  for await (const { digest } of pool.list()) {
    if (gone.has(digest) && !needed.has(digest)) await pool.delete(digest);
  }
  await pool.close();
  return expired.map(({ path }) => path);
}
