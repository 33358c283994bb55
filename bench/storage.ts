/**
 * What the filesystem store costs with its default durability, beside MLflow's own client where Python has it, at two
 * sizes; and eight processes on one PostgreSQL server. Usage: npm run bench:storage [runs, 100000 unless told]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareWithMlflow } from './storage/against-mlflow.js';
import { measureGrowth } from './storage/growth.js';
import { fillStore } from './storage/large-store.js';
import { startMlflow } from './storage/mlflow-peer.js';
import { measurePostgres } from './storage/postgres-writers.js';
import { type Outcome, printOutcomes } from './storage/targets.js';
import { inWords } from './storage/timing.js';

const runs = Number(process.argv[2] ?? 100_000);
const directory = await mkdtemp(join(tmpdir(), 'bench-'));
const began = performance.now();
const outcomes: Outcome[] = [];
try {
  const peer = await startMlflow();
  console.log(peer ? `MLflow ${peer.version}, measured by turns` : 'MLflow is not installed: its known figures');
  const compared = await compareWithMlflow(directory, peer);
  await peer?.close();
  printOutcomes('beside MLflow', compared);

  const filling = performance.now();
  const small = await fillStore(join(directory, 'small'), runs / 10);
  const large = await fillStore(join(directory, 'large'), runs);
  console.log(`\nfilled with ${small.runs} and ${large.runs} runs in ${inWords(performance.now() - filling)}`);
  const grown = await measureGrowth(small, large);
  printOutcomes(`${small.runs} → ${large.runs} runs`, grown);
  outcomes.push(...compared, ...grown);

  await measurePostgres();
} finally {
  await rm(directory, { recursive: true, force: true });
}
const missed = outcomes.filter(({ isMet }) => !isMet).length;
console.log(`\n${outcomes.length - missed} of ${outcomes.length} met, in ${inWords(performance.now() - began)}`);
if (missed > 0) process.exitCode = 1;
