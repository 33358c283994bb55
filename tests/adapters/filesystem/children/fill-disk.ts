// Writes to a storage and to an artifact store until the disk is full, and reports what can still be read.
import { openFilesystemArtifacts } from '../../../../src/adapters/filesystem/filesystem-artifacts.js';
import { openFilesystemStorage } from '../../../../src/adapters/filesystem/filesystem-storage.js';
import { MLOpsError } from '../../../../src/errors.js';

const [directory] = process.argv.slice(2);
const storage = await openFilesystemStorage(`${directory!}/storage`);
const artifacts = await openFilesystemArtifacts(`${directory!}/artifacts`);
const codeOf = (error: unknown): string => (error instanceof MLOpsError ? error.code : String(error));

async function fill(write: (i: number) => Promise<unknown>): Promise<{ written: number; code: string }> {
  for (let written = 0; ; written++) {
    try {
      await write(written);
    } catch (error) {
      return { written, code: codeOf(error) };
    }
  }
}

const content = (i: number): Uint8Array => new Uint8Array(64 * 1024).fill(i);
const files = await fill(async (i) => {
  if (i === 4) throw new MLOpsError('ABORTED', 'enough for now');
  await artifacts.put(content(i));
});
const text = 'x'.repeat(20_000);
const records = await fill((i) =>
  storage.commit([
    { kind: 'put', collection: 'c', id: `r${i}`, value: text, index: { i }, expect: 'absent' },
    { kind: 'append', stream: 's', values: [i] },
  ]),
);
const moreFiles = await fill((i) => artifacts.put(content(100 + i)));
let listed = 0;
for await (const { digest } of artifacts.list()) for await (const _chunk of artifacts.get(digest)) listed++;

const { length } = await storage.read('s');
const found = await storage.query('c', { limit: 1_000 });
const group = await Promise.all([
  storage.commit([{ kind: 'put', collection: 'c', id: 'big', value: text.repeat(40), expect: 'any' }]).catch(codeOf),
  storage.commit([{ kind: 'check', collection: 'c', id: 'nobody', expect: 'absent' }]).catch(codeOf),
]);
await storage.close();
const again = await openFilesystemStorage(`${directory!}/storage`).catch(codeOf);
const after = typeof again === 'string' ? again : (await again.read('s')).length;
console.log(
  JSON.stringify({
    files,
    records,
    moreFiles: moreFiles.code,
    listed: listed === files.written + moreFiles.written,
    length,
    found: found.records.length,
    group,
    after,
  }),
);
