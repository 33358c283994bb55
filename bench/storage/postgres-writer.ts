// Commits to a PostgreSQL server for some seconds, a number of commits at a time, and sends how long each took.
import { openPostgresStorage } from '@bondx/mlops/postgres';

const [url, writer, atOnce, seconds] = process.argv.slice(2);
const storage = await openPostgresStorage(url!);
const waits: number[] = [];

async function commitUntil(end: number, lane: number): Promise<void> {
  const id = `${writer}/${lane}`;
  for (let n = 0; performance.now() < end; n++) {
    const start = performance.now();
    await storage.commit([
      { kind: 'put', collection: 'bench', id, value: { n }, index: { n }, expect: 'any' },
      { kind: 'append', stream: `bench/${id}`, values: [n] },
    ]);
    waits.push(performance.now() - start);
  }
}

await commitUntil(performance.now() + 300, 0);
waits.length = 0;
const end = performance.now() + Number(seconds) * 1_000;
await Promise.all(Array.from({ length: Number(atOnce) }, (_, lane) => commitUntil(end, lane)));
await storage.close();
process.send!(waits);
process.disconnect();
