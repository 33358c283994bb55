import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { createRandom, type Random } from '@bondx/mlops';
import { compilePrograms } from './compile-programs.js';
import { verifyStore } from './verify-store.js';

export interface KillSoakOptions {
  readonly directory: string;
  readonly cycles: number;
  /** Writers at a time; 4 unless told. */
  readonly writers?: number;
  readonly seed?: string;
  /** Start every cycle with an empty store and kill only once the disk is full. */
  readonly fillDisk?: boolean;
  readonly onCycle?: (line: string) => void;
}

export interface KillSoakResult {
  readonly cycles: number;
  readonly kills: number;
  readonly acknowledged: number;
  /** Operations that were there though nobody heard of it: killed between the commit and its acknowledgement. */
  readonly unheard: number;
  readonly lost: number;
  readonly partial: number;
  readonly damaged: number;
  readonly notes: readonly string[];
}

/** Every so many cycles the whole store is verified, otherwise what the cycle added. */
const wholeEvery = 100;

/** Lets processes write to one store, kills them at random moments and compares the store with what they were told. */
export async function runKillSoak(options: KillSoakOptions): Promise<KillSoakResult> {
  const { directory, cycles, writers = 4, seed = 'kill soak', fillDisk = false, onCycle = () => undefined } = options;
  const program = (await compilePrograms('kill-writer'))('kill-writer');
  const random = createRandom(seed);
  const store = join(directory, 'store');
  const expectedState = join(directory, 'expected.json');
  let acknowledged = Array<number>(writers).fill(0);
  let verified = acknowledged;
  const total = { kills: 0, acknowledged: 0, unheard: 0, lost: 0, partial: 0, damaged: 0, notes: [] as string[] };

  for (let cycle = 1; cycle <= cycles; cycle++) {
    if (fillDisk) {
      await rm(store, { recursive: true, force: true });
      acknowledged = verified = Array<number>(writers).fill(0);
    }
    await mkdir(store, { recursive: true });
    const lives = acknowledged.map((_, writer) => liveAndDie(program, store, writer, random, fillDisk));
    for (const [writer, { last, error }] of (await Promise.all(lives)).entries()) {
      total.kills++;
      if (error !== undefined) total.notes.push(`cycle ${cycle}, writer ${writer}: ${error}`);
      if (last === undefined) continue;
      total.acknowledged += last + 1 - acknowledged[writer]!;
      acknowledged = acknowledged.with(writer, last + 1);
    }
    if (!fillDisk) await replaceFile(expectedState, JSON.stringify({ cycle, acknowledged }));

    const isWhole = cycle === cycles || cycle % wholeEvery === 0;
    const found = await verifyStore(store, acknowledged, isWhole ? undefined : verified);
    total.lost += found.lost;
    total.partial += found.partial;
    total.damaged += found.damaged;
    total.notes.push(...found.notes.map((note) => `cycle ${cycle}, ${note}`));
    total.unheard += found.lengths.reduce((sum, length, w) => sum + Math.max(0, length - acknowledged[w]!), 0);
    acknowledged = verified = acknowledged.map((count, w) => Math.max(count, found.lengths[w]!));
    onCycle(`cycle ${cycle}: ${acknowledged.join(' + ')} operations${isWhole ? ', all verified' : ''}`);
  }
  return { cycles, ...total };
}

/** Starts a writer, kills it and tells what it acknowledged last. */
async function liveAndDie(
  program: string,
  store: string,
  writer: number,
  random: Random,
  fillDisk: boolean,
): Promise<{ readonly last: number | undefined; readonly error: string | undefined }> {
  const child = spawn(process.execPath, [program, store, String(writer)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const early = !fillDisk && random.next() < 0.15;
  const lifeMs = random.next() * (early ? 150 : 250);
  const isDying = early ? killAfter(child, lifeMs) : undefined; // while it starts and recovers the store
  let dying = isDying;
  let last: number | undefined;
  let error: string | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('error')) error = line;
    else if (line === (fillDisk ? 'full' : 'open')) dying ??= killAfter(child, lifeMs);
    else if (/^\d+$/.test(line)) last = Number(line);
  }
  await exited;
  await dying;
  return { last, error };
}

async function killAfter(child: ChildProcess, ms: number): Promise<void> {
  await delay(ms);
  child.kill('SIGKILL');
}

async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}
