// Adds one to a shared counter, so many times, and appends to a shared stream in the same commits.
import { openFilesystemStorage } from '../../../../src/adapters/filesystem/filesystem-storage.js';
import { ConflictError } from '../../../../src/errors.js';

const [directory, times] = process.argv.slice(2);
const storage = await openFilesystemStorage(directory!, { durability: 'process' });
let conflicts = 0;
for (let done = 0; done < Number(times);) {
  const counter = await storage.get('c', 'counter');
  try {
    await storage.commit([
      {
        kind: 'put',
        collection: 'c',
        id: 'counter',
        value: Number(counter?.value ?? 0) + 1,
        index: { [`by.${process.pid}`]: done },
        expect: counter?.version ?? 'absent',
      },
      { kind: 'append', stream: 's', values: [{ pid: process.pid, done }] },
    ]);
    done++;
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    conflicts++;
  }
}
await storage.close();
console.log(JSON.stringify({ conflicts }));
