import { type RawBuilder, sql } from 'kysely';
import { type DumpPosition, encodeDumpCursor, streamsStart } from '../../storage/dump-cursor.js';
import type { DumpPage, DumpedItem, IndexScalar } from '../../storage/storage.js';
import type { JsonValue } from '../../util/json.js';
import { inBatches } from './batches.js';
import type { SqlConnection, SqlDialect } from './sql-database.js';
import { damaged, parseStored } from './stored-json.js';
import { type Entry, auditSpan, fromColumns } from './tables.js';

/** A page ends with whichever comes first; the first row is on it however large. */
const rowsPerPage = 1_000;
const charactersPerPage = 4 * 1024 * 1024;

type InRecords = Extract<DumpPosition, { part: 'records' }>;
type InStreams = Extract<DumpPosition, { part: 'streams' }>;

/** What comes after a position: records, or chunks of streams. */
export function readDumpPage(connection: SqlConnection, dialect: SqlDialect, after: DumpPosition): Promise<DumpPage> {
  return after.part === 'records' ? recordsPage(connection, dialect, after) : streamsPage(connection, dialect, after);
}

async function recordsPage(connection: SqlConnection, dialect: SqlDialect, after: InRecords): Promise<DumpPage> {
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
  const items = page.map(({ rid, collection, id }): DumpedItem => ({
    kind: 'record',
    collection,
    id,
    value: parseStored(values.get(rid)!, `record ${collection}/${id}`),
    index: Object.fromEntries(fields.get(rid) ?? []),
  }));
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

/** The streams of the audit log are in a table of their own, and come where their names belong. */
async function streamsPage(connection: SqlConnection, dialect: SqlDialect, after: InStreams): Promise<DumpPage> {
  const { builder } = dialect;
  const { stream, first } = after;
  const byName = builder.selectFrom('audit_streams').select(['number', 'stream']).orderBy('stream').limit(1);
  const at = async (query: typeof byName) => (await connection.execute(query.compile()))[0];

  const current = await at(byName.where('stream', '=', stream));
  if (current !== undefined) {
    const start = sql`${sql.lit(current.number)} * ${sql.lit(auditSpan)}`;
    const items = await chunksPage(connection, dialect, {
      chunks: sql`select ${stream} as stream, place - ${start} as first, place, data from audit_chunks`,
      isAfter: sql`place > ${start} + ${first} and place < ${start} + ${sql.lit(auditSpan)}`,
      order: sql`place`,
    });
    if (items.length > 0) return { items, cursor: cursorAfter(items) };
  }
  const next = await at(byName.where('stream', '>', stream));
  const isBefore = next === undefined ? sql`` : sql`and stream < ${next.stream}`;
  const items = await chunksPage(connection, dialect, {
    chunks: sql`select stream, first, data from chunks`,
    isAfter: sql`(stream, first) > (${stream}, ${first}) ${isBefore}`,
    order: sql`stream, first`,
  });
  if (items.length > 0) return { items, cursor: cursorAfter(items) };
  return next === undefined
    ? { items }
    : streamsPage(connection, dialect, { part: 'streams', stream: next.stream, first: -1 });
}

type DumpedEntries = Extract<DumpedItem, { kind: 'entries' }>;

function cursorAfter(items: readonly DumpedEntries[]): string {
  const { stream, first } = items.at(-1)!;
  return encodeDumpCursor({ part: 'streams', stream, first });
}

/** Chunks of one table, and in which order they come. */
interface ChunkSource {
  readonly chunks: RawBuilder<unknown>;
  readonly isAfter: RawBuilder<unknown>;
  readonly order: RawBuilder<unknown>;
}

async function chunksPage(
  connection: SqlConnection,
  { builder }: SqlDialect,
  { chunks, isAfter, order }: ChunkSource,
): Promise<readonly DumpedEntries[]> {
  const next = sql`from (${chunks}) as chunk where ${isAfter} order by ${order}`;
  const sizes = sql<Sized>`select length(data) as size ${next} limit ${sql.lit(rowsPerPage)}`;
  const count = cut(await connection.execute(sizes.compile(builder))).length;
  const page = sql<{ stream: string; first: number; data: string }>`
    select stream, first, data ${next} limit ${count}`;
  return (await connection.execute(page.compile(builder))).map(({ stream, first, data }) => {
    const values = parseStored(data, `stream ${stream}`);
    if (!Array.isArray(values)) throw damaged(`stream ${stream} from entry ${first} on`);
    return { kind: 'entries', stream, first, values: values as JsonValue[] };
  });
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
