import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Creates a directory and the missing ones above it, so that a loss of power cannot take them away again. */
export async function makeDirectory(path: string): Promise<void> {
  const topmost = await mkdir(path, { recursive: true });
  if (topmost === undefined) return;
  for (let created = path; ; created = dirname(created)) {
    await syncDirectory(dirname(created));
    if (created === topmost || created === dirname(created)) return;
  }
}

/** Flushes the names in a directory to the medium: a new file is only safe once its name is. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return; // directories cannot be opened there; NTFS journals names by itself
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
