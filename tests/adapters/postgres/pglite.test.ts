import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openPostgresStorage } from '../../../src/adapters/postgres/postgres-storage.js';
import type { Storage } from '../../../src/storage/storage.js';
import { storageConformance } from '../../../src/testing/index.js';
import { runConformance } from '../run-conformance.js';
import { PglitePool } from './pglite-pool.js';
import { execute, freshSchema, inSchemas } from './schemas.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let pool: PglitePool;
beforeAll(async () => void (pool = await PglitePool.create()));
afterAll(() => pool.end());

const open = (schema: string): Promise<Storage> => openPostgresStorage(pool, { schema, durability: 'process' });

runConformance(
  'PostgresStorage on PGlite',
  storageConformance({ ...inSchemas(() => pool, open), has: ['watch', 'dump'] }),
);

it('brings a store of version 3 forward, its audit log included', async () => {
  const schema = freshSchema();
  await (await open(schema)).close();
  await execute(
    pool,
    `set search_path = ${schema}; drop table audit_chunks, audit_streams;
    alter table chunks drop constraint audit_log_is_elsewhere_upgrade_this_process;
    insert into chunks values ('audit', 0, 2, '[1,2]'), ('audit', 2, 1, '[3]'), ('audit/x', 0, 1, '["x"]'), ('audits', 0, 1, '[0]');
    update meta set value = 3 where key = 'schema_version'; reset search_path`,
  );
  const storage = await open(schema);
  await storage.commit([{ kind: 'append', stream: 'audit', values: [4], expect: 3 }]);
  const valuesOf = async (stream: string) => (await storage.read(stream)).entries.map(({ value }) => value);
  expect(await valuesOf('audit')).toEqual([1, 2, 3, 4]);
  expect(await valuesOf('audit/x')).toEqual(['x']);
  expect(await valuesOf('audits')).toEqual([0]);
  const older = `insert into ${schema}.chunks values ('audit', 0, 1, '[1]')`;
  await expect(execute(pool, older)).rejects.toThrow('upgrade_this_process');
  await storage.close();
});
