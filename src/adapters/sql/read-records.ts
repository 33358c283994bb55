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
  return row && toRecord(row);
}

/** The records, in the order they are asked for. */
export async function readRecords(
  connection: SqlConnection,
  { builder }: SqlDialect,
  found: readonly Found[],
): Promise<readonly StoredRecord[]> {
  const records = new Map<number, StoredRecord>();
  for (const batch of inBatches(found)) {
    const rids = batch.map(({ rid }) => rid);
    const query = builder.selectFrom('records').select(['rid', 'id', 'version', 'value']).where('rid', 'in', rids);
    for (const row of await connection.execute(query.compile())) records.set(row.rid, toRecord(row));
  }
  return found.map(({ rid }) => records.get(rid)!);
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

function toRecord({ id, version, value }: { id: string; version: number; value: string }): StoredRecord {
  const parsed = parseStored(value, `record ${id}`);
  try {
    return deepFreeze({ id, version, value: parsed });
  } catch (cause) {
    throw damaged(`record ${id}`, cause); // nested deeper than anything that is taken
  }
}
