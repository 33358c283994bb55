/**
 * Whether memory and descriptors stay flat while a process does everything. Usage: npm run soak:memory [minutes, 60 unless
 * told] [--leak memory|descriptors: plants one, to see it found]
 */
import { openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { inMiB } from './flatness.js';
import { boundsOf, runMemorySoak } from './memory-soak.js';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { leak: { type: 'string' } } });
const minutes = Number(positionals[0] ?? 60);
const bounds = boundsOf(minutes * 60);
const kept: unknown[] = [];
const leaks: Readonly<Record<string, () => void>> = {
  memory: () => void kept.push(new Float64Array(16 * 1024).fill(1)),
  descriptors: () => void kept.push(openSync('/dev/null', 'r')),
};
const leak = values.leak === undefined ? undefined : leaks[values.leak];
if (values.leak !== undefined && leak === undefined) throw new Error('--leak takes memory or descriptors');

const directory = await mkdtemp(join(tmpdir(), 'memory-'));
try {
  const result = await runMemorySoak({
    directory,
    seconds: minutes * 60,
    pauseMs: minutes > 2 ? 300 : 0,
    ...(leak && { leak }),
    onSample: ({ at, resident, heap, descriptors, resources }) =>
      console.log(
        `${(at / 1_000).toFixed(0).padStart(5)} s  resident ${inMiB(resident)}  heap ${inMiB(heap)}  ` +
          `${descriptors} descriptors  ${resources} resources`,
      ),
  });
  console.log(
    `${result.rounds} rounds; over the last ${result.minutes.toFixed(1)} minutes resident memory rose by ` +
      `${inMiB(result.residentRise)} (at most ${inMiB(bounds.residentRise)}), the heap by ${inMiB(result.heapRise)} ` +
      `(at most ${inMiB(bounds.heapRise)}), descriptors by ${result.extraDescriptors}; ${result.leftOpen} left open`,
  );
  for (const problem of result.problems) console.log(`NOT FLAT: ${problem}`);
  if (result.problems.length > 0) process.exitCode = 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}
