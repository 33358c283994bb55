import type { Storage, StoredRecord, Where } from '../storage/storage.js';

/** All records that fulfil a condition, by id. */
export async function* recordsWhere(storage: Storage, collection: string, where: Where): AsyncGenerator<StoredRecord> {
  let cursor: string | undefined;
  do {
    const page = await storage.query(collection, { where, limit: 500, ...(cursor !== undefined && { cursor }) });
    yield* page.records;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
