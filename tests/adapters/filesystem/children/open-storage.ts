import { join } from 'node:path';
import { openFilesystemStorage } from '../../../../src/adapters/filesystem/filesystem-storage.js';
import type { MLOpsError } from '../../../../src/errors.js';

/** Prints how opening `storage` in the given folder fails. */
let failure: Pick<MLOpsError, 'code' | 'message'> | undefined;
try {
  await openFilesystemStorage(join(process.argv[2]!, 'storage'));
} catch (error) {
  const { code, message } = error as MLOpsError;
  failure = { code, message };
}
console.log(JSON.stringify(failure ?? 'opened'));
