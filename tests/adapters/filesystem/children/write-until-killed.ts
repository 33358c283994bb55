// Commits three records, an entry of a stream and a counter together, over and over, and prints each number once the
// commit is acknowledged. It waits until the number is out: what process.stdout holds back dies with the process.
import { writeSync } from 'node:fs';
import { openFilesystemStorage } from '../../../../src/adapters/filesystem/filesystem-storage.js';
import type { Change, Durability } from '../../../../src/storage/storage.js';

const [directory, durability] = process.argv.slice(2);
const storage = await openFilesystemStorage(directory!, { durability: durability as Durability });
const counter = await storage.get('c', 'counter');
for (let next = Number(counter?.value ?? 0); ; next++) {
  const put = (id: string, value: number): Change => ({
    kind: 'put',
    collection: 'c',
    id,
    value,
    index: { value },
    expect: 'any',
  });
  await storage.commit([
    ...['x', 'y', 'z'].map((part) => put(`${next}${part}`, next)),
    { kind: 'append', stream: 's', values: [next], expect: next },
    put('counter', next + 1),
  ]);
  writeSync(1, `${next}\n`);
}
