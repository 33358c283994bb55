import { MLOpsError } from '../../errors.js';
import { invalid } from '../../storage/storage-name.js';
import type { PostgresPool } from './postgres-client.js';

/** Connections of one storage; writes use one at a time, reads the others, watching one of its own. */
export const mostConnections = 10;

/**
 * @param max connections at the same time
 * @throws MLOpsError `MISSING_DEPENDENCY` when the package pg is not installed; `INVALID_INPUT`, without repeating the
 *   URL, which holds the password
 */
export async function openPool(url: string, max: number): Promise<PostgresPool> {
  if (!isPostgresUrl(url)) throw invalidUrl();
  const { Pool } = await loadDriver();
  const pool = new Pool({
    connectionString: url,
    max,
    keepAlive: true,
    allowExitOnIdle: true,
    application_name: 'bondx-mlops',
    connectionTimeoutMillis: 10_000,
  });
  pool.on('error', () => undefined); // an idle connection was lost; the next use gets another
  pool.on('connect', (client) => client.on('error', () => undefined)); // it may be lost before anybody has it
  return pool;
}

export const isPostgresUrl = (url: string): boolean => /^postgres(ql)?:\/\//.test(url);

/** Host and database of a URL, without user and password. */
export function placeOf(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `postgres://${host}${pathname}`;
  } catch {
    throw invalidUrl();
  }
}

const invalidUrl = (): MLOpsError =>
  invalid(
    'the URL of a PostgreSQL database looks like postgres://user:password@host:5432/database; special characters in a ' +
      'password are percent-encoded',
  );

async function loadDriver() {
  try {
    return (await import('pg')).default;
  } catch (cause) {
    throw new MLOpsError(
      'MISSING_DEPENDENCY',
      'the PostgreSQL storage needs the package pg, which is not installed; run `npm install pg`',
      { cause },
    );
  }
}
