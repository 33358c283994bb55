import type { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { JsonObject } from '../util/json.js';
import { SharedAnswers } from '../util/shared-answers.js';

/** Loaded when first needed: it takes longer than most of this package. */
const program = async (): Promise<typeof execFile.__promisify__> =>
  promisify((await import('node:child_process')).execFile);

/** Takes no locks that others wait for, and runs no programs that the repository's configuration names. */
const harmless = ['--no-optional-locks', '-c', 'core.fsmonitor=false'];

const timeoutMs = 5_000;

/** Of a hundred runs that start at once, two start git. */
const answers = new SharedAnswers();

/** What the working directory holds beyond its last commit. */
export interface UncommittedDiff {
  readonly content: Buffer;
  /** Cut at the largest size. */
  readonly isTruncated: boolean;
}

/** Commit and branch of the working directory, and whether it held uncommitted changes; null outside of git. */
export const captureGit = (directory = process.cwd()): Promise<JsonObject | null> =>
  answers.ask(`status of ${directory}`, () => readStatus(directory));

async function readStatus(directory: string): Promise<JsonObject | null> {
  try {
    const status = ['status', '--porcelain=v2', '--branch', '--untracked-files=no'];
    const execute = await program();
    const { stdout } = await execute('git', [...harmless, ...status], { cwd: directory, timeout: timeoutMs });
    const lines = stdout.split('\n');
    const header = (name: string): string | undefined =>
      lines.find((line) => line.startsWith(`# branch.${name} `))?.slice(`# branch.${name} `.length);
    const [commit, branch] = [header('oid'), header('head')];
    if (commit === undefined || branch === undefined || commit === '(initial)') return null;
    const isDirty = lines.some((line) => line !== '' && !line.startsWith('#'));
    return { commit, branch: branch === '(detached)' ? 'HEAD' : branch, isDirty };
  } catch {
    return null; // no git, no repository, or no commit yet: all mean "not known"
  }
}

/**
 * The changes to tracked files since the last commit, as a patch. Of binary files it says only that they differ.
 *
 * @param maxBytes what is beyond is cut off, at the end of a line
 * @returns null when there are none, or nobody knows
 */
export const captureDiff = (maxBytes: number, directory = process.cwd()): Promise<UncommittedDiff | null> =>
  answers.ask(`${maxBytes} bytes of the diff of ${directory}`, () => readDiff(maxBytes, directory));

async function readDiff(maxBytes: number, directory: string): Promise<UncommittedDiff | null> {
  const command = [...harmless, 'diff', '--no-ext-diff', '--no-textconv', '--no-color', 'HEAD'];
  const options = { cwd: directory, timeout: timeoutMs, maxBuffer: maxBytes, encoding: 'buffer' } as const;
  try {
    const execute = await program();
    const { stdout } = await execute('git', command, options);
    return stdout.length === 0 ? null : { content: stdout, isTruncated: false };
  } catch (error) {
    const { code, stdout } = error as { code?: unknown; stdout?: Buffer };
    if (code !== 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER' || stdout === undefined) return null;
    return { content: stdout.subarray(0, stdout.lastIndexOf('\n', maxBytes) + 1), isTruncated: true };
  }
}
