import { sql } from 'kysely';
import { type DumpPosition, encodeDumpCursor, streamsStart } from '../../storage/dump-cursor.js';
import type { DumpPage, DumpedItem, IndexScalar } from '../../storage/storage.js';
import { deepFreeze } from '../../util/freeze.js';
import type { JsonValue } from '../../util/json.js';
import { inBatches } from './batches.js';
import type { SqlConnection, SqlDialect } from './sql-database.js';
import { parseStored } from './stored-json.js';
import { type Entry, fromColumns } from './tables.js';

/** A page ends with whichever comes first; the first row is on it however large. */
const rowsPerPage = 1_000;
const charactersPerPage = 4 * 1024 * 1024;

/** What comes after a position: records, or chunks of streams. */
export function readDumpPage(connection: SqlConnection, dialect: SqlDialect, after: DumpPosition): Promise<DumpPage> {
  return after.part === 'records' ? recordsPage(connection, dialect, after) : chunksPage(connection, dialect, after);
}

async function recordsPage(
  connection: SqlConnection,
  dialect: SqlDialect,
  after: Extract<DumpPosition, { part: 'records' }>,
): Promise<DumpPage> {
  const { builder } = dialect;
  const found = await connection.execute(
    sql<Sized & { rid: number; collection: string; id: string }>`
      select rid, collection, id, length(value) as size from records
      where (collection, id) > (${after.collection}, ${after.id})
      order by collection, id limit ${sql.lit(rowsPerPage)}`.compile(builder),
  );
  const page = cut(found);
  const last = page.at(-1);
  const isDone = page.length === found.length && found.length < rowsPerPage;
  const rids = page.map(({ rid }) => rid);
  const values = new Map<number, string>();
  const fields = new Map<number, [name: string, value: IndexScalar][]>();
  for (const batch of inBatches(rids)) {
    const query = builder.selectFrom('records').select(['rid', 'value']).where('rid', 'in', batch);
    for (const { rid, value } of await connection.execute(query.compile())) values.set(rid, value);
    for (const { rid, name, ...columns } of await readFields(connection, dialect, batch)) {
      if (!fields.has(rid)) fields.set(rid, []);
      fields.get(rid)!.push([name, fromColumns(columns)]);
    }
  }
  const items = page.map(({ rid, collection, id }): DumpedItem =>
    deepFreeze({
      kind: 'record',
      collection,
      id,
      value: parseStored(values.get(rid)!, `record ${collection}/${id}`),
      index: Object.fromEntries(fields.get(rid) ?? []),
    }),
  );
  const next: DumpPosition = isDone || last === undefined ? streamsStart : { part: 'records', ...nameOf(last) };
  return { items, cursor: encodeDumpCursor(next) };
}

const nameOf = ({ collection, id }: { readonly collection: string; readonly id: string }) => ({ collection, id });

function readFields(
  connection: SqlConnection,
  { builder }: SqlDialect,
  rids: readonly number[],
): Promise<readonly (Pick<Entry, 'rid' | 'kind' | 'num' | 'text'> & { name: string })[]> {
  const query = builder
    .selectFrom('entries')
    .innerJoin('fields', 'fields.fid', 'entries.fid')
    .select(['entries.rid', 'fields.name', 'entries.kind', 'entries.num', 'entries.text'])
    .where('entries.rid', 'in', rids)
    .orderBy('entries.rid')
    .orderBy('fields.name');
  return connection.execute(query.compile());
}

async function chunksPage(
  connection: SqlConnection,
  { builder }: SqlDialect,
  after: Extract<DumpPosition, { part: 'streams' }>,
): Promise<DumpPage> {
  const found = await connection.execute(
    sql<Sized & { stream: string; first: number }>`
      select stream, first, length(data) as size from chunks
      where (stream, first) > (${after.stream}, ${after.first})
      order by stream, first limit ${sql.lit(rowsPerPage)}`.compile(builder),
  );
  const page = cut(found);
  const last = page.at(-1);
  if (last === undefined) return { items: [] };
  const chunks = await connection.execute(
    sql<{ stream: string; first: number; data: string }>`
      select stream, first, data from chunks
      where (stream, first) > (${after.stream}, ${after.first}) and (stream, first) <= (${last.stream}, ${last.first})
      order by stream, first`.compile(builder),
  );
  const items = chunks.map(({ stream, first, data }): DumpedItem =>
    deepFreeze({ kind: 'entries', stream, first, values: parseStored(data, `stream ${stream}`) as JsonValue[] }),
  );
  const isDone = page.length === found.length && found.length < rowsPerPage;
  const { stream, first } = last;
  return isDone ? { items } : { items, cursor: encodeDumpCursor({ part: 'streams', stream, first }) };
}

interface Sized {
  readonly size: number;
}

/** As many rows from the start as fit on a page. */
function cut<T extends Sized>(rows: readonly T[]): readonly T[] {
  let characters = 0;
  const end = rows.findIndex(({ size }, i) => (characters += size) > charactersPerPage && i > 0);
  return end === -1 ? rows : rows.slice(0, end);
}
