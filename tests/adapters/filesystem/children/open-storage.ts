import { join } from 'node:path';
import { openFilesystemStorage } from '../../../../src/adapters/filesystem/filesystem-storage.js';
import type { MLOpsError } from '../../../../src/errors.js';

/** Prints how opening `storage` in the given folder fails. */
const failure = await openFilesystemStorage(join(process.argv[2]!, 'storage')).then(
  () => undefined,
  ({ code, message }: MLOpsError) => ({ code, message }),
);
console.log(JSON.stringify(failure ?? 'opened'));
