import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';
import { run } from '../../src/cli/run.js';

/** What a command printed, and the code that it ended with. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command in this process, and collects what it prints. */
export async function bondx(...words: readonly string[]): Promise<Ended> {
  const printed = { out: '', err: '' };
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((printed.out += String(text)), true));
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((printed.err += String(text)), true));
  try {
    const code = await run(words);
    return { code, ...printed };
  } finally {
    stdout.mockRestore();
    stderr.mockRestore();
  }
}

/** Where tests began: the folder of the package. */
export const home = process.cwd();

/** Has every test begin in a folder of its own, with these files. */
export function inFolderWith(files: Readonly<Record<string, string>> = {}): void {
  beforeEach(() => {
    process.chdir(mkdtempSync(join(tmpdir(), 'cli-')));
    for (const [name, text] of Object.entries(files)) writeFileSync(name, text);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    process.chdir(home);
  });
}
