import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openFilesystemStorage } from '../../../src/adapters/filesystem/filesystem-storage.js';
import { openPostgresStorage } from '../../../src/adapters/postgres/postgres-storage.js';
import type { Storage } from '../../../src/storage/storage.js';
import { temporaryDirectory } from '../filesystem/temporary-directory.js';
import { PglitePool } from '../postgres/pglite-pool.js';
import { freshSchema } from '../postgres/schemas.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let pool: PglitePool;
beforeAll(async () => void (pool = await PglitePool.create()));
afterAll(() => pool.end());

const opened: Record<string, () => Promise<Storage>> = {
  SQLite: async () => openFilesystemStorage(await temporaryDirectory(), { durability: 'process' }),
  PostgreSQL: () => openPostgresStorage(pool, { schema: freshSchema(), durability: 'process' }),
};

it.each(Object.keys(opened))(
  'every digest in a record, a stream or the audit log is named once, on %s',
  async (name) => {
    const storage = await opened[name]!();
    const digest = (i: number): string => `sha256:${i.toString(16).padStart(64, '0')}`;
    const long = 'x'.repeat(900); // so that every entry has a row of its own
    for (let i = 0; i < 450; i++) {
      await storage.commit([
        { kind: 'put', collection: 'c', id: `r${i}`, value: { deep: [digest(i)] }, expect: 'absent' },
        { kind: 'append', stream: `s${i % 230}`, values: [digest(1_000 + i), long] },
        { kind: 'append', stream: 'audit', values: [`${digest(2_000 + i)} and ${digest(7)}`] },
        { kind: 'append', stream: 'plain', values: [long] },
      ]);
    }
    await storage.commit([{ kind: 'delete', collection: 'c', id: 'r9', expect: 'any' }]);
    const named = await storage.namedDigests!();
    const numbers = [...named].map((text) => Number.parseInt(text.slice('sha256:'.length), 16)).sort((a, b) => a - b);
    const of = (first: number): number[] => Array.from({ length: 450 }, (_, i) => first + i);
    expect(numbers).toEqual([...of(0).filter((i) => i !== 9), ...of(1_000), ...of(2_000)]);
    await storage.close();
  },
);
