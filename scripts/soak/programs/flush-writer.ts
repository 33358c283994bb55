// Performs operations while flushes fail, and prints what became of each: "ok n" or "failed n CODE".
import { MLOpsError, openFilesystemArtifacts, openFilesystemStorage } from '@bondx/mlops';
import { performOperation } from '../operation.js';

const [directory, operations] = process.argv.slice(2);
const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const codeOf = (error: unknown): string => (error instanceof MLOpsError ? error.code : `untyped ${String(error)}`);

try {
  const storage = await openFilesystemStorage(`${directory!}/records`);
  const artifacts = await openFilesystemArtifacts(`${directory!}/files`);
  for (let n = 0; n < Number(operations); n++) {
    try {
      await performOperation({ storage, artifacts }, 0, n, 'power');
      say(`ok ${n}`);
    } catch (error) {
      say(`failed ${n} ${codeOf(error)}`);
      // Once more: a handle that a flush failed on must not report success for what may be lost.
      await performOperation({ storage, artifacts }, 0, n, 'power').then(
        () => say(`ok ${n}`),
        (again: unknown) => say(`failed ${n} ${codeOf(again)}`),
      );
      break;
    }
  }
  await storage.close();
  await artifacts.close();
} catch (error) {
  say(`failed to open ${codeOf(error)}`);
}
say('end');
