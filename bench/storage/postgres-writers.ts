import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openPostgresStorage } from '@bondx/mlops/postgres';
import { PostgresServer, whyNoPostgres } from '../../tests/adapters/postgres/postgres-server.js';
import { inWords, quantile } from './timing.js';

const program = fileURLToPath(new URL('postgres-writer.ts', import.meta.url));
const secondsPerMeasurement = 4;

/** Processes that commit to one real server as fast as they can; every commit is flushed. */
export async function measurePostgres(): Promise<void> {
  const reason = whyNoPostgres();
  if (reason !== undefined) {
    console.log(`\nPostgreSQL: ${reason}: skipped`);
    return;
  }
  const server = await PostgresServer.start('on');
  try {
    await (await openPostgresStorage(server.url)).close(); // makes the tables
    console.log('\nPostgreSQL, commits of one record and one entry   commits/s  median  95%  99%');
    for (const [writers, atOnce] of [
      [1, 1],
      [8, 1],
      [8, 16],
    ] as const) {
      const waits = (await Promise.all(Array.from({ length: writers }, (_, i) => write(server.url, i, atOnce)))).flat();
      const name = `${writers} ${writers === 1 ? 'process' : 'processes'}, ${atOnce} at a time each`;
      const speed = (waits.length / secondsPerMeasurement).toFixed(0);
      const [middle, most, nearlyAll] = [0.5, 0.95, 0.99].map((share) => inWords(quantile(waits, share)));
      console.log(`${name.padEnd(49)} ${speed.padStart(10)}  ${middle}  ${most}  ${nearlyAll}`);
    }
  } finally {
    await server.close();
  }
}

/** Milliseconds that each commit of a process took. */
async function write(url: string, writer: number, atOnce: number): Promise<readonly number[]> {
  const child = fork(program, [url, String(writer), String(atOnce), String(secondsPerMeasurement)], {
    execArgv: ['--import', 'tsx'],
  });
  const [waits] = (await once(child, 'message')) as [readonly number[]];
  return waits;
}
