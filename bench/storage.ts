/** Times queries over 100,000 records of the filesystem store. Usage: npm run bench:storage */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, openFilesystemStorage, type Change, type Query, type Storage, type Where } from '@bondx/mlops';

const records = 100_000;
const statuses = ['RUNNING', 'DONE', 'FAILED', 'QUEUED'];

/** `metrics.b` is 1 - `metrics.a`, so conditions on both can be satisfiable or not; `metrics.c` is independent. */
async function fill(storage: Storage): Promise<void> {
  const random = createRandom('benchmark');
  for (let start = 0; start < records; start += 1_000) {
    const changes = Array.from({ length: 1_000 }, (_, i): Change => {
      const a = random.next();
      const createdAt = 1.6e12 + start + i;
      const index = { createdAt, status: statuses[i % 4]!, name: `n${i}`, metrics: { a, b: 1 - a, c: random.next() } };
      const id = `${random.next()}`;
      return { kind: 'put', collection: 'runs', id, value: { text: 'x'.repeat(500) }, index, expect: 'any' };
    });
    await storage.commit(changes, { durability: 'process' });
  }
}

/** Median milliseconds of eleven calls. */
async function median(call: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 11; i++) {
    const start = performance.now();
    await call();
    times.push(performance.now() - start);
  }
  return times.sort((x, y) => x - y)[5]!;
}

const metric = (name: string, op: 'lt' | 'gt', value: number): Where => ({ field: `metrics.${name}`, op, value });
const byC: Query = { orderBy: [{ field: 'metrics.c', direction: 'asc' }] };
const both = (a: number, b: number): Query => ({
  ...byC,
  where: { and: [metric('a', 'lt', a), metric('b', 'gt', b)] },
});

const queries: Readonly<Record<string, Query>> = {
  'a < 0.5 and b > 0.5, by c': both(0.5, 0.5),
  'a < 0.1 and b > 0.5, by c': both(0.1, 0.5),
  'a < 0.04 and b > 0.5, by c': both(0.04, 0.5),
  'a < 0.01 and b > 0.5, by c': both(0.01, 0.5),
  'a < 0.001 and b > 0.5, by c': both(0.001, 0.5),
  'a < 0.5 and b < 0.4, by c (none)': { ...byC, where: { and: [metric('a', 'lt', 0.5), metric('b', 'lt', 0.4)] } },
  'status, newest first': {
    where: { field: 'status', op: 'eq', value: 'DONE' },
    orderBy: [{ field: 'createdAt', direction: 'desc' }],
  },
  'by status, many ties': { orderBy: [{ field: 'status', direction: 'asc' }] },
};

const directory = await mkdtemp(join(tmpdir(), 'bench-'));
const storage = await openFilesystemStorage(directory);
await fill(storage);
for (const [name, query] of Object.entries(queries)) {
  console.log(`${name.padEnd(36)} ${(await median(() => storage.query('runs', query))).toFixed(2)} ms`);
}
const { id } = (await storage.query('runs', { limit: 1 })).records[0]!;
const thousandGets = async (): Promise<void> => {
  for (let i = 0; i < 1_000; i++) await storage.get('runs', id);
};
console.log(`${'get'.padEnd(36)} ${(await median(thousandGets)).toFixed(2)} µs`);
await storage.close();
await rm(directory, { recursive: true, force: true });
