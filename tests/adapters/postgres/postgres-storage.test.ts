import pg from 'pg';
import { afterAll, beforeAll, describe, vi } from 'vitest';
import { openPostgresStorage } from '../../../src/adapters/postgres/postgres-storage.js';
import type { Storage } from '../../../src/storage/storage.js';
import { storageConformance } from '../../../src/testing/index.js';
import { runConformance } from '../run-conformance.js';
import { PostgresServer, whyNoPostgres } from './postgres-server.js';
import { inSchemas } from './schemas.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const absent = whyNoPostgres();

describe.skipIf(absent !== undefined)(`PostgreSQL server${absent === undefined ? '' : ` (${absent})`}`, () => {
  let server: PostgresServer;
  let pool: pg.Pool;

  beforeAll(async () => {
    server = await PostgresServer.start();
    pool = new pg.Pool({ connectionString: server.url });
  });
  afterAll(async () => {
    await pool.end();
    await server.close();
  });

  const open = (schema: string): Promise<Storage> => openPostgresStorage(server.url, { schema, durability: 'process' });

  runConformance('PostgresStorage', storageConformance({ ...inSchemas(() => pool, open), has: ['watch', 'dump'] }));
});
