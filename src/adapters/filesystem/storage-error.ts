import { MLOpsError } from '../../errors.js';

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** Whether somebody else is writing at this moment: wait and try again. */
export const isBusy = (error: unknown): boolean =>
  codeOf(error).startsWith('SQLITE_BUSY') || codeOf(error) === 'SQLITE_LOCKED';

/** Whether the medium failed under a write: what it holds is uncertain until it is opened anew. */
export const isIoFailure = (error: unknown): boolean =>
  codeOf(error).startsWith('SQLITE_IOERR') || codeOf(error) === 'EIO';

/** What went wrong with a file, as an error that says what to do. */
export function storageError(error: unknown, path: string): MLOpsError {
  if (error instanceof MLOpsError) return error;
  const code = codeOf(error);
  const say = (kind: ConstructorParameters<typeof MLOpsError>[0], message: string): MLOpsError =>
    new MLOpsError(kind, message, { cause: error });
  if (code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT') {
    return say(
      'STORAGE_FULL',
      `no space left for ${path}; nothing of this was stored, what was stored before stays readable: free some space and retry`,
    );
  }
  if (code.startsWith('SQLITE_READONLY') || code === 'EROFS' || code === 'EACCES' || code === 'EPERM') {
    return say(
      'STORAGE_READ_ONLY',
      `${path} cannot be written; give this process write permission, or choose another folder`,
    );
  }
  if (code === 'SQLITE_NOTADB')
    return say('STORAGE_FORMAT', `${path} is not a database; move it away, or choose another folder`);
  if (code.startsWith('SQLITE_CORRUPT')) return say('CORRUPT', `${path} is damaged; restore it from a backup`);
  if (code === 'ENOTDIR' || code === 'EEXIST')
    return say('STORAGE_UNAVAILABLE', `${path} is not a folder; move the file away, or choose another folder`);
  if (code.startsWith('SQLITE_CANTOPEN'))
    return say('STORAGE_UNAVAILABLE', `${path} cannot be opened; check that its folder is there and writable`);
  if (isBusy(error))
    return say(
      'STORAGE_UNAVAILABLE',
      `${path} stayed locked by other writers; retry, or find the process that holds it`,
    );
  if (isIoFailure(error))
    return say('STORAGE_UNAVAILABLE', `the medium under ${path} failed; check it, then open the store anew`);
  return say('INTERNAL', `unexpected failure of ${path}: ${error instanceof Error ? error.message : String(error)}`);
}
