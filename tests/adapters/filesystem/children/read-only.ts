// Opens what is in a directory that cannot be written to, and reports what can be done with it.
import { openFilesystemArtifacts } from '../../../../src/adapters/filesystem/filesystem-artifacts.js';
import { openFilesystemStorage } from '../../../../src/adapters/filesystem/filesystem-storage.js';
import { MLOpsError } from '../../../../src/errors.js';

const [directory] = process.argv.slice(2);
const codeOf = (error: unknown): string => (error instanceof MLOpsError ? error.code : String(error));

const storage = await openFilesystemStorage(`${directory!}/storage`);
const record = await storage.get('c', 'a');
const found = await storage.query('c', { where: { field: 'n', op: 'eq', value: 1 } });
const commit = await storage.commit([{ kind: 'append', stream: 's', values: [1] }]).catch(codeOf);
await storage.close();

const artifacts = await openFilesystemArtifacts(`${directory!}/artifacts`);
const stored: string[] = [];
for await (const { digest } of artifacts.list()) {
  for await (const chunk of artifacts.get(digest)) stored.push(Buffer.from(chunk).toString());
}
const put = await artifacts.put(new Uint8Array(1)).catch(codeOf);
console.log(
  JSON.stringify({
    value: record?.value,
    found: found.records.length,
    commit,
    stored,
    put,
    newStorage: await openFilesystemStorage(`${directory!}/new`).catch(codeOf),
    emptyStorage: await openFilesystemStorage(`${directory!}/empty`).catch(codeOf),
    newArtifacts: await openFilesystemArtifacts(`${directory!}/new`).catch(codeOf),
  }),
);
