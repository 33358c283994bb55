import { afterAll, beforeAll, vi } from 'vitest';
import { openPostgresStorage } from '../../../src/adapters/postgres/postgres-storage.js';
import type { Storage } from '../../../src/storage/storage.js';
import { storageConformance } from '../../../src/testing/index.js';
import { runConformance } from '../run-conformance.js';
import { PglitePool } from './pglite-pool.js';
import { inSchemas } from './schemas.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let pool: PglitePool;
beforeAll(async () => void (pool = await PglitePool.create()));
afterAll(() => pool.end());

const open = (schema: string): Promise<Storage> => openPostgresStorage(pool, { schema, durability: 'process' });

runConformance(
  'PostgresStorage on PGlite',
  storageConformance({ ...inSchemas(() => pool, open), has: ['watch', 'dump'] }),
);
