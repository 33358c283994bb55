import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { digestBytes } from '../util/digest.js';
import type { JsonObject } from '../util/json.js';

const run = promisify(execFile);

/**
 * The machine and the runtime a run happened on.
 *
 * @param variables environment variables to record; no others are, since they may hold secrets
 */
export async function captureEnvironment(variables: readonly string[]): Promise<JsonObject> {
  return {
    nodeVersion: process.version,
    platform: platform(),
    osRelease: release(),
    architecture: arch(),
    cpuModel: cpus()[0]?.model ?? 'unknown',
    cpuCount: cpus().length,
    memoryBytes: totalmem(),
    packageLockDigest: await fileDigest(join(process.cwd(), 'package-lock.json')),
    ...(variables.length > 0 && {
      variables: Object.fromEntries(variables.map((name) => [name, process.env[name] ?? null])),
    }),
  };
}

/** Commit and branch of the working directory, and whether it held uncommitted changes; null outside of git. */
export async function captureGit(directory = process.cwd()): Promise<JsonObject | null> {
  const git = async (...args: string[]): Promise<string> =>
    (await run('git', args, { cwd: directory, timeout: 5_000 })).stdout.trim();
  try {
    const [commit, branch, changes] = await Promise.all([
      git('rev-parse', 'HEAD'),
      git('rev-parse', '--abbrev-ref', 'HEAD'),
      git('status', '--porcelain', '--untracked-files=no'),
    ]);
    return { commit, branch, isDirty: changes !== '' };
  } catch {
    return null; // no git, no repository, or no commit yet: all mean "not known"
  }
}

async function fileDigest(path: string): Promise<string | null> {
  try {
    return digestBytes(await readFile(path));
  } catch {
    return null;
  }
}
