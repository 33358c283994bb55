/**
 * Removes the oldest records of an audit log, again and again, in a process that is killed meanwhile at random moments while
 * it writes; the log must verify each time, and nothing acknowledged may be lost.
 * Usage: npm run soak:move [cycles, 30 unless told] [records, 3000]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runMoveSoak } from './move-soak.js';

const [cycles = '30', records = '3000'] = process.argv.slice(2);
const directory = await mkdtemp(join(tmpdir(), 'soak-move-'));
try {
  const result = await runMoveSoak({
    directory,
    cycles: Number(cycles),
    records: Number(records),
    onCycle: console.log,
  });
  console.log(JSON.stringify(result));
  if (result.lost > 0 || result.notes.length > 0 || result.streams !== 1) process.exitCode = 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}
