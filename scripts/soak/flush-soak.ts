import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openFilesystemStorage } from '@bondx/mlops';
import { compilePrograms } from './compile-programs.js';
import { verifyStore } from './verify-store.js';

export interface FlushSoakResult {
  /** Programs that ran, each with another flush failing. */
  readonly runs: number;
  /** Of those, how many met the failure while writing, and while opening. */
  readonly failedWriting: number;
  readonly failedOpening: number;
  readonly acknowledged: number;
  readonly lost: number;
  readonly partial: number;
  readonly damaged: number;
  readonly notes: readonly string[];
}

/** Why {@link runFlushSoak} does not work on this machine, if so. */
export function whyNoStrace(): string | undefined {
  try {
    execFileSync('strace', ['-f', '-o', '/dev/null', '-e', 'inject=fsync:error=EIO:when=1', 'true'], {
      stdio: 'ignore',
    });
    return undefined;
  } catch {
    return 'strace cannot make system calls fail here';
  }
}

/**
 * Lets the Nth flush of every thread of a writing program fail with EIO, for N = 1 to `most`. The program must report a
 * typed error, must not report success on the same handles afterwards, and what it reported before must be there.
 */
export async function runFlushSoak(directory: string, most: number, operations = 40): Promise<FlushSoakResult> {
  const program = (await compilePrograms('flush-writer'))('flush-writer');
  const total = { failedWriting: 0, failedOpening: 0, acknowledged: 0, lost: 0, partial: 0, damaged: 0 };
  const notes: string[] = [];
  for (let nth = 1; nth <= most; nth++) {
    const store = join(directory, String(nth));
    await mkdir(store);
    const inject = `inject=fsync,fdatasync:error=EIO:when=${nth}`;
    const command = ['-f', '-o', '/dev/null', '-e', inject, process.execPath, program, store, String(operations)];
    const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };
    const lines = spawnSync('strace', command, { env, encoding: 'utf8' }).stdout.trim().split('\n');
    const say = (problem: string): number => notes.push(`flush ${nth}: ${problem} (${lines.join(', ')})`);

    const failure = lines.findIndex((line) => line.startsWith('failed'));
    if (lines.at(-1) !== 'end') say('the program died');
    if (lines.some((line) => line.startsWith('failed') && !/ STORAGE_UNAVAILABLE$/.test(line))) say('an untyped error');
    if (failure >= 0 && lines.slice(failure).some((line) => line.startsWith('ok'))) say('success after the failure');
    if (lines[failure]?.startsWith('failed to open') === true) total.failedOpening++;
    else if (failure >= 0) total.failedWriting++;

    const acknowledged = lines.filter((line) => line.startsWith('ok')).length;
    total.acknowledged += acknowledged;
    const found = await verifyStore(store, [acknowledged]);
    total.lost += found.lost;
    total.partial += found.partial;
    total.damaged += found.damaged;
    notes.push(...found.notes.map((note) => `flush ${nth}, ${note}`));
    if (!(await takesWrites(store))) say('the store takes no writes when opened again');
  }
  return { runs: most, ...total, notes };
}

async function takesWrites(store: string): Promise<boolean> {
  const storage = await openFilesystemStorage(`${store}/records`);
  const [length] = await storage.commit([{ kind: 'append', stream: 'again', values: [1] }]);
  await storage.close();
  return length === 1;
}
