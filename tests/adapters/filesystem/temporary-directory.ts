import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export const makeTemporaryDirectory = (): Promise<string> => mkdtemp(join(tmpdir(), 'bondx-mlops-test-'));

/** A directory that goes away with the running test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await makeTemporaryDirectory();
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Remembers the directory of what is opened in it, for conformance harnesses. */
export function inDirectories<T extends object>(open: (directory: string) => Promise<T>) {
  const directories = new WeakMap<T, string>();
  const directoryOf = (opened: T): string => directories.get(opened)!;
  return {
    directoryOf,
    async open(): Promise<T> {
      const directory = await makeTemporaryDirectory();
      const opened = await open(directory);
      directories.set(opened, directory);
      return opened;
    },
    reopen: (opened: T): Promise<T> => open(directoryOf(opened)),
    dispose: (opened: T): Promise<void> => rm(directoryOf(opened), { recursive: true, force: true }),
  };
}
