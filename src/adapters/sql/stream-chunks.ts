import { type CompiledQuery, sql } from 'kysely';
import { isAuditStream } from '../../storage/checked-change.js';
import type { CheckedRange } from '../../storage/checked-query.js';
import type { StreamEntry, StreamPage } from '../../storage/storage.js';
import type { JsonValue } from '../../util/json.js';
import type { StreamEnd } from './last-state.js';
import type { SqlConnection, SqlDialect } from './sql-database.js';
import type { Statements } from './statements.js';
import { damaged, parseStored } from './stored-json.js';
import { type Chunk, auditSpan } from './tables.js';

/** An append is stored in chunks of at most this many entries and characters, so that a slice reads little else. */
export const entriesPerChunk = 1_024;
export const charactersPerChunk = 1024 * 1024;

/**
 * A stream written a few entries at a time is written into its last chunk while that stays below so many characters, about
 * half of a page of a SQLite database: a commit then writes one page for it.
 */
const extensibleCharacters = 900;

/** Whether more entries still belong into the last chunk. */
export const isExtensible = (chunk: { readonly characters: number }, added: { readonly data: string }): boolean =>
  chunk.characters + added.data.length <= extensibleCharacters;

/** JSON texts of values, joined to JSON arrays. */
export function toChunks(texts: readonly string[]): readonly Chunk[] {
  if (texts.length === 1) return [{ count: 1, data: `[${texts[0]}]` }];
  const chunks: Chunk[] = [];
  let start = 0;
  let characters = 0;
  const end = (before: number): void => {
    if (start < before) chunks.push({ count: before - start, data: `[${texts.slice(start, before).join(',')}]` });
    start = before;
    characters = 0;
  };
  for (const [i, text] of texts.entries()) {
    if (i - start === entriesPerChunk || characters + text.length > charactersPerChunk) end(i);
    characters += text.length;
  }
  end(texts.length);
  return chunks;
}

/** The end of a stream, but for what is known of its last chunk. */
export async function readStreamEnd(
  connection: SqlConnection,
  statements: Statements,
  stream: string,
): Promise<Pick<StreamEnd, 'length' | 'number'>> {
  if (isAuditStream(stream)) {
    const [end] = await connection.execute(statements.auditEnd(stream));
    return end === undefined ? { length: 0 } : { length: end.length ?? 0, number: end.number };
  }
  const [last] = await connection.execute(statements.streamLength(stream));
  return { length: last?.length ?? 0 };
}

export async function readStream(
  connection: SqlConnection,
  dialect: SqlDialect,
  statements: Statements,
  stream: string,
  { from, to }: CheckedRange,
): Promise<StreamPage> {
  const { length, number } = await readStreamEnd(connection, statements, stream);
  const end = Math.min(to, length);
  if (from >= end) return { entries: [], length };
  const query = number === undefined ? chunksOf(dialect, stream, from, end) : auditChunksOf(dialect, number, from, end);
  const entries: StreamEntry[] = [];
  let next = from;
  for (const { first, data } of await connection.execute(query)) {
    const values = parseStored(data, `stream ${stream}`);
    if (!Array.isArray(values) || first > next) break;
    for (const last = Math.min(first + values.length, end); next < last; next++) {
      entries.push({ seq: next, value: values[next - first] as JsonValue });
    }
  }
  // Whoever reads on from where a page ended would do so for ever.
  if (next < end) throw damaged(`stream ${stream} from entry ${next} on`);
  return { entries, length };
}

type ChunkQuery = CompiledQuery<{ first: number; data: string }>;

function chunksOf({ builder }: SqlDialect, stream: string, from: number, end: number): ChunkQuery {
  const chunkOfFrom = builder
    .selectFrom('chunks')
    .select(({ fn }) => fn.max('first').as('first'))
    .where('stream', '=', stream)
    .where('first', '<=', from);
  return builder
    .selectFrom('chunks')
    .select(['first', 'data'])
    .where('stream', '=', stream)
    .where('first', '>=', chunkOfFrom)
    .where('first', '<', end)
    .orderBy('first')
    .compile();
}

function auditChunksOf({ builder }: SqlDialect, number: number, from: number, end: number): ChunkQuery {
  const start = number * auditSpan;
  const chunkOfFrom = builder
    .selectFrom('audit_chunks')
    .select(({ fn }) => fn.max('place').as('place'))
    .where('place', '<=', start + from);
  return builder
    .selectFrom('audit_chunks')
    .select([sql<number>`${sql.ref('place')} % ${sql.lit(auditSpan)}`.as('first'), 'data'])
    .where('place', '>=', chunkOfFrom)
    .where('place', '<', start + end)
    .orderBy('place')
    .compile();
}
