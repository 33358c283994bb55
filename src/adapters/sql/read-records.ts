import type { IndexScalar, OrderBy, StoredRecord } from '../../storage/storage.js';
import { deepFreeze } from '../../util/freeze.js';
import { inBatches } from './batches.js';
import type { Found } from './select-page.js';
import type { SqlConnection, SqlDialect } from './sql-database.js';
import type { Statements } from './statements.js';
import { damaged, parseStored } from './stored-json.js';
import { fromColumns } from './tables.js';

export async function readRecord(
  connection: SqlConnection,
  statements: Statements,
  collection: string,
  id: string,
): Promise<StoredRecord | undefined> {
  const [row] = await connection.execute(statements.readRecord(collection, id));
  return row && toRecord(row, collection);
}

/**
 * The records, in the order they are asked for. One that cannot be read fails them all, by name: a list that left it out would
 * pass for whole.
 */
export async function readRecords(
  connection: SqlConnection,
  { builder }: SqlDialect,
  collection: string,
  found: readonly Found[],
): Promise<readonly StoredRecord[]> {
  const records = new Map<number, StoredRecord>();
  for (const batch of inBatches(found)) {
    const rids = batch.map(({ rid }) => rid);
    const query = builder.selectFrom('records').select(['rid', 'id', 'version', 'value']).where('rid', 'in', rids);
    for (const row of await connection.execute(query.compile())) records.set(row.rid, toRecord(row, collection));
  }
  return found.map(({ rid, id }) => {
    const record = records.get(rid);
    if (record === undefined) throw damaged(nameOf(collection, id)); // an index has it, its table has not
    return record;
  });
}

/** The values that a record is sorted by; null where it lacks the field. */
export async function readSortKeys(
  connection: SqlConnection,
  { builder }: SqlDialect,
  { rid, id }: Found,
  orderBy: readonly OrderBy[],
): Promise<readonly IndexScalar[]> {
  if (orderBy.length === 0) return [];
  const query = builder
    .selectFrom('entries')
    .innerJoin('fields', 'fields.fid', 'entries.fid')
    .select(['fields.name', 'entries.kind', 'entries.num', 'entries.text'])
    .where('entries.rid', '=', rid)
    .where(
      'fields.name',
      'in',
      orderBy.map(({ field }) => field),
    );
  const rows = await connection.execute(query.compile());
  const values = new Map<string, IndexScalar>(rows.map((row) => [row.name, fromColumns(row)]));
  return orderBy.map(({ field }) => (field === 'id' ? id : (values.get(field) ?? null)));
}

const nameOf = (collection: string, id: string): string => `record ${collection}/${id}`;

function toRecord(
  { id, version, value }: { id: string; version: number; value: string },
  collection: string,
): StoredRecord {
  const parsed = parseStored(value, nameOf(collection, id));
  try {
    return deepFreeze({ id, version, value: parsed });
  } catch (cause) {
    throw damaged(nameOf(collection, id), cause); // nested deeper than anything that is taken
  }
}
