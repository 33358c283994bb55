import { mkdirSync, statSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isError } from './is-error.js';

/**
 * Makes a folder and the missing ones above it. Node's own `recursive` never ends where the system says that something is
 * missing although the folder above is there, as it does below /proc.
 */
export async function makeFolder(path: string, isLast = false): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory() === true) return; // there already, or another process was quicker
    if (isLast || !isMissing(error)) throw error;
    await makeFolder(dirname(path));
    await makeFolder(path, true);
  }
}

/** As {@link makeFolder}, at once. */
export function makeFolderSync(path: string, isLast = false): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
    if (isLast || !isMissing(error)) throw error;
    makeFolderSync(dirname(path));
    makeFolderSync(path, true);
  }
}

const isMissing = (error: unknown): boolean => isError(error) && 'code' in error && error.code === 'ENOENT';
