/**
 * Four processes write to one store and are killed at random moments; nothing acknowledged may be lost, nothing be there
 * in part, no artifact have other bytes. Then the same on a disk of 1 MiB that is full, and with the Nth flush failing.
 * Usage: npm run soak:kill [cycles, 500 unless told]
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runFlushSoak, whyNoStrace } from './flush-soak.js';
import { runKillSoak } from './kill-soak.js';

const [cyclesText = '500', fullDisk] = process.argv.slice(2);
const cycles = Number(cyclesText);
const onCycle =
  process.stdout.isTTY || cycles <= 50 ? console.log : (line: string) => line.includes('all') && console.log(line);

if (fullDisk !== undefined) {
  report('full disk', await runKillSoak({ directory: fullDisk, cycles, fillDisk: true, onCycle }));
} else {
  await inNewDirectory(async (directory) => report('kills', await runKillSoak({ directory, cycles, onCycle })));
  await onSmallDisk(Math.max(1, Math.round(cycles / 10)));
  const noStrace = whyNoStrace();
  if (noStrace === undefined)
    await inNewDirectory(async (directory) => report('failing flushes', await runFlushSoak(directory, 20)));
  else console.log(`failing flushes: skipped, ${noStrace}`);
}

async function onSmallDisk(rounds: number): Promise<void> {
  await inNewDirectory(async (directory) => {
    const mount = ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"', directory];
    try {
      execFileSync('unshare', [...mount, 'true'], { stdio: 'ignore' });
    } catch {
      console.log(
        'full disk: skipped, this machine does not let programs mount file systems of their own (unshare -rm)',
      );
      return;
    }
    const again = [process.execPath, ...process.execArgv, process.argv[1]!, String(rounds), directory];
    const [code] = (await once(spawn('unshare', [...mount, ...again], { stdio: 'inherit' }), 'exit')) as [number];
    if (code !== 0) process.exitCode = 1;
  });
}

function report(
  what: string,
  result: {
    readonly lost: number;
    readonly partial: number;
    readonly damaged: number;
    readonly notes: readonly string[];
  },
): void {
  const { notes, ...numbers } = result;
  for (const note of notes) console.log(note);
  console.log(`${what}:`, JSON.stringify(numbers));
  if (result.lost + result.partial + result.damaged + notes.length > 0) process.exitCode = 1;
}

async function inNewDirectory(task: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'soak-'));
  try {
    await task(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
