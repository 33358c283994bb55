// Performs operations until it is killed, and prints the number of each once it is acknowledged. A full disk is waited
// for; what fails otherwise is printed and ends the program.
import { MLOpsError, openFilesystemArtifacts, openFilesystemStorage } from '@bondx/mlops';
import { performOperation, streamOf } from '../operation.js';

const [directory, number] = process.argv.slice(2);
const writer = Number(number);
const say = (line: string): boolean => process.stdout.write(`${line}\n`);

try {
  const storage = await openFilesystemStorage(`${directory!}/records`);
  const artifacts = await openFilesystemArtifacts(`${directory!}/files`);
  say('open');
  for (let n = (await storage.read(streamOf(writer), { limit: 0 })).length; ;) {
    try {
      await performOperation({ storage, artifacts }, writer, n, n % 3 === 0 ? 'power' : 'process');
      say(String(n++));
    } catch (error) {
      if (!(error instanceof MLOpsError) || error.code !== 'STORAGE_FULL') throw error;
      say('full');
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
} catch (error) {
  say(`error ${error instanceof MLOpsError ? `${error.code} ${error.message}` : String(error)}`);
}
