import { readFile, stat } from 'node:fs/promises';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { digestBytes } from '../util/digest.js';
import type { JsonObject } from '../util/json.js';

let machine: JsonObject | undefined;

/**
 * The machine and the runtime a run happened on.
 *
 * @param variables environment variables to record; no others are, since they may hold secrets
 */
export async function captureEnvironment(variables: readonly string[]): Promise<JsonObject> {
  machine ??= {
    nodeVersion: process.version,
    platform: platform(),
    osRelease: release(),
    architecture: arch(),
    cpuModel: cpus()[0]?.model ?? 'unknown',
    cpuCount: cpus().length,
    memoryBytes: totalmem(),
  };
  return {
    ...machine,
    packageLockDigest: await lockDigest(join(process.cwd(), 'package-lock.json')),
    ...(variables.length > 0 && {
      variables: Object.fromEntries(variables.map((name) => [name, process.env[name] ?? null])),
    }),
  };
}

let known: { readonly state: string; readonly digest: string } | undefined;

/** Reads the file again only when it has changed. */
async function lockDigest(path: string): Promise<string | null> {
  try {
    const { size, mtimeMs, ino } = await stat(path);
    const state = JSON.stringify([path, size, mtimeMs, ino]);
    if (known?.state !== state) known = { state, digest: digestBytes(await readFile(path)) };
    return known.digest;
  } catch {
    return null;
  }
}
