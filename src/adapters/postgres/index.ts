export { openPostgresStorage } from './postgres-storage.js';
export type { PostgresStorageOptions } from './postgres-storage.js';
export type { PostgresPool, PostgresPoolClient, PostgresResult } from './postgres-client.js';
