import { join } from 'node:path';
import { openSqliteDatabase } from '../../../src/adapters/filesystem/open-sqlite-database.js';
import { SqlStorage } from '../../../src/adapters/sql/sql-storage.js';
import type { Storage } from '../../../src/storage/storage.js';

/** A filesystem storage that walks its indexes even where sorting a few candidates is quicker, as it does when large. */
export async function openWalkingStorage(directory: string): Promise<Storage> {
  const database = await openSqliteDatabase(join(directory, 'bondx-mlops.db'));
  const capabilities = { name: 'filesystem', persistent: true, multiProcess: true };
  return new SqlStorage(database, { capabilities, durability: 'process', mostCandidates: -1 });
}
