import { MLOpsError } from '../../errors.js';
import { isError } from '../../util/is-error.js';

/** An error of the operating system or of SQLite, which both carry a string `code`, as one that says what to do. */
export function toStorageError(error: unknown, path: string): unknown {
  if (error instanceof MLOpsError || !isError(error) || !('code' in error)) return error;
  const code = String(error.code);
  const known = systemErrors[code] ?? sqliteError(code);
  return known === undefined
    ? error
    : new MLOpsError(known[0], `${path}: ${known[1]} (${error.message})`, { cause: error });
}

type Advice = readonly [code: MLOpsError['code'], text: string];

const full: Advice = ['STORAGE_FULL', 'there is no space left; nothing of this was written. Free some space and retry'];
const readOnly: Advice = [
  'STORAGE_READ_ONLY',
  'writing is not permitted here; make the directory and its files writable for this user, or choose another directory',
];
const notADirectory: Advice = [
  'STORAGE_UNAVAILABLE',
  'a file is where a directory should be; move it away, or choose another directory',
];
const tooManyFiles: Advice = ['STORAGE_UNAVAILABLE', 'too many files are open; raise the limit (ulimit -n) and retry'];

const unfit: Advice = [
  'CORRUPT',
  'its tables are not as they were made: the database is damaged, or another program changed it; restore the directory from a backup',
];

const systemErrors: Readonly<Record<string, Advice>> = {
  ENOSPC: full,
  EDQUOT: full,
  EACCES: readOnly,
  EPERM: readOnly,
  EROFS: readOnly,
  ERR_ACCESS_DENIED: [
    'STORAGE_READ_ONLY',
    'node runs with --permission and does not allow it; allow it with --allow-fs-read and --allow-fs-write',
  ],
  ENOTDIR: notADirectory,
  EEXIST: notADirectory,
  EMFILE: tooManyFiles,
  ENFILE: tooManyFiles,
  EIO: ['STORAGE_UNAVAILABLE', 'the device failed; check the disk and the system log before going on'],
};

/** See https://sqlite.org/rescode.html; extended codes start with their primary code. */
function sqliteError(code: string): Advice | undefined {
  return sqliteErrors.find(([start]) => code.startsWith(start))?.[1];
}

const sqliteErrors: readonly (readonly [start: string, advice: Advice])[] = [
  ['SQLITE_FULL', full],
  ['SQLITE_IOERR_SHMSIZE', full],
  ['SQLITE_READONLY', readOnly],
  ['SQLITE_PERM', readOnly],
  [
    'SQLITE_NOTADB',
    ['STORAGE_FORMAT', 'this is not a storage of @bondx/mlops; choose another directory, or move the file away'],
  ],
  ['SQLITE_CORRUPT', ['CORRUPT', 'the database is damaged; restore the directory from a backup']],
  ['SQLITE_IOERR_SHORT_READ', ['CORRUPT', 'the database is truncated; restore the directory from a backup']],
  [
    'SQLITE_IOERR',
    ['STORAGE_UNAVAILABLE', 'reading or writing failed; check the disk, then close this storage and open it again'],
  ],
  [
    'SQLITE_CANTOPEN',
    ['STORAGE_UNAVAILABLE', 'the database cannot be opened; check the directory and its permissions'],
  ],
  ['SQLITE_BUSY', ['STORAGE_UNAVAILABLE', 'another process kept the database locked for a minute; retry later']],
  ['SQLITE_PROTOCOL', ['STORAGE_UNAVAILABLE', 'the locks of the database do not work here; use a local disk']],
  // Statements are fixed: where one does not fit, the tables are not those that it was written for.
  ['SQLITE_ERROR', unfit],
  ['SQLITE_CONSTRAINT', unfit],
  ['SQLITE_MISMATCH', unfit],
  ['SQLITE_SCHEMA', unfit],
  ['SQLITE_NOMEM', ['STORAGE_UNAVAILABLE', 'the process is out of memory']],
];
