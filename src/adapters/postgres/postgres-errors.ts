import { MLOpsError } from '../../errors.js';
import { isError } from '../../util/is-error.js';

const codeOf = (error: unknown): string =>
  isError(error) && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** Names of SQLSTATEs: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const lostStates = /^(08...|57P0[1-35]|25P0[34])$/;
const lostSystemCodes = /^E(CONN\w+|PIPE|TIMEDOUT|HOST\w+|NET\w+|NOTFOUND|AI_AGAIN|NOENT)$/;
const lostMessages =
  /^(Connection terminated|Client has encountered a connection error|timeout expired|timeout exceeded when trying to connect)/;

/** Whether the connection is gone, and with it the answer to what was asked last. */
export const isConnectionLoss = (error: unknown): boolean =>
  isError(error) &&
  !(error instanceof MLOpsError) &&
  !isAboutFile(error) &&
  (lostStates.test(codeOf(error)) || lostSystemCodes.test(codeOf(error)) || lostMessages.test(error.message));

/** Whether a file that the URL names for TLS cannot be read; of a socket that is not there the call is `connect`. */
const isAboutFile = (error: Error): boolean =>
  codeOf(error) === 'EISDIR' || ('syscall' in error && error.syscall === 'open');

/** Of TLS and of the driver, which gives some of its refusals no code. */
const unencryptedCodes = /CERT|ALTNAME|^UNABLE_TO_|^ERR_(SSL|TLS)|^EPROTO$/;
const unencryptedMessages = /\bSSL connections?\b/;
const refusedMessages = /^SASL: /;

/** Whether a server that was the primary one, or is to be, takes no writes: another connection may lead to one that does. */
export const isReadOnlyServer = (error: unknown): boolean =>
  codeOf(error) === '25006' ||
  (codeOf(error) === '0A000' && isError(error) && error.message.includes('read-write mode'));

/** So says the pool when none of its connections came free in time. */
export const isPoolBusy = (error: unknown): boolean =>
  isError(error) && error.message === 'timeout exceeded when trying to connect';

/** Whether trying again may help: the connection is gone, there are too many of them, or a transaction gave way. */
export const isTransient = (error: unknown): boolean =>
  isConnectionLoss(error) || ['53300', '40001', '40P01'].includes(codeOf(error));

/**
 * An error of the driver or the server as one that says what to do.
 *
 * @param place how the database is called, without its password
 * @param doing what failed: `confirming` when a commit was sent, and its answer never came
 */
export function toPostgresError(
  error: unknown,
  place: string,
  doing: 'reading' | 'writing' | 'confirming' = 'writing',
): unknown {
  if (error instanceof MLOpsError || !isError(error)) return error;
  if (doing === 'confirming') {
    return new MLOpsError(
      'STORAGE_UNAVAILABLE',
      `${place}: the connection was lost while a commit was being confirmed, and the server stayed out of reach: it is ` +
        `not known whether the commit was written. Read what it would have changed before you repeat it (${error.message})`,
      { cause: error },
    );
  }
  const code = codeOf(error);
  const told = states.find(([start]) => code.startsWith(start))?.[1];
  const advice = isPoolBusy(error)
    ? busy
    : isConnectionLoss(error)
      ? unreachable
      : isReadOnlyServer(error)
        ? mayNotWrite
        : told === mayNotWrite && doing === 'reading'
          ? mayNotRead
          : (told ?? driverAdvice(error, code));
  if (advice === undefined) return error;
  return new MLOpsError(advice[0], `${place}: ${advice[1]} (${error.message})`, { cause: error });
}

function driverAdvice(error: Error, code: string): Advice | undefined {
  const { message } = error;
  if (isAboutFile(error)) return unreadable;
  if (unencryptedCodes.test(code) || unencryptedMessages.test(message)) return unencrypted;
  return refusedMessages.test(message) ? notLetIn : undefined;
}

type Advice = readonly [code: MLOpsError['code'], text: string];

const unreachable: Advice = [
  'STORAGE_UNAVAILABLE',
  'the server cannot be reached; check that it runs and that the address is right, then retry',
];
const unencrypted: Advice = [
  'STORAGE_UNAVAILABLE',
  'no encrypted connection can be made that is trusted; fit sslmode and sslrootcert of the URL to the server and its certificate',
];
const unreadable: Advice = [
  'STORAGE_UNAVAILABLE',
  'a file that the URL names cannot be read; check sslrootcert, sslcert and sslkey',
];
const notLetIn: Advice = ['STORAGE_UNAVAILABLE', 'the server does not let this user in; check name and password'];
const busy: Advice = [
  'STORAGE_UNAVAILABLE',
  'all connections of this process stayed in use: make fewer calls at once, or pass a pool of your own with more connections',
];
const mayNotRead: Advice = [
  'STORAGE_UNAVAILABLE',
  'reading is not permitted; grant this role USAGE of the schema and SELECT on its tables, or connect as another',
];
const mayNotWrite: Advice = [
  'STORAGE_READ_ONLY',
  'writing is not permitted: connect to the primary server, as a role that may write to the schema (and create it, the first time)',
];

const altered: Advice = [
  'CORRUPT',
  'tables of the storage were removed or altered while it was open; restore them from a backup',
];
const damaged: Advice = ['CORRUPT', 'the database is damaged; restore it from a backup'];

const states: readonly (readonly [start: string, advice: Advice])[] = [
  ['531', ['STORAGE_FULL', 'the disk of the server is full; nothing of this was written. Free some space and retry']],
  ['533', ['STORAGE_UNAVAILABLE', 'the server has no connection left; use a smaller pool, or raise max_connections']],
  ['53', ['STORAGE_UNAVAILABLE', 'the server lacks resources; retry later']],
  [
    '55P03',
    [
      'STORAGE_UNAVAILABLE',
      'another process kept the storage locked for longer than is waited: a minute for commits, lock_timeout of this role for reads; retry later',
    ],
  ],
  ['42501', mayNotWrite],
  ['28', notLetIn],
  ['3D000', ['STORAGE_UNAVAILABLE', 'there is no such database; create it, or choose another']],
  ['54000', ['INVALID_INPUT', 'collection and id, or collection and field, exceed 2,600 bytes; use shorter names']],
  ['42P01', altered],
  ['42703', altered],
  [
    '57014',
    ['STORAGE_UNAVAILABLE', 'the server cut the statement short; raise statement_timeout for this role, or retry'],
  ],
  ['57P04', ['STORAGE_UNAVAILABLE', 'the database was removed']],
  ['40', ['STORAGE_UNAVAILABLE', 'the transaction had to give way again and again; retry later']],
  ['XX001', damaged],
  ['XX002', damaged],
  ['58', ['STORAGE_UNAVAILABLE', 'the disk of the server failed; see its log']],
];
