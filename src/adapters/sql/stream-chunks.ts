import type { CheckedRange } from '../../storage/checked-query.js';
import type { StreamEntry, StreamPage } from '../../storage/storage.js';
import { deepFreeze } from '../../util/freeze.js';
import type { JsonValue } from '../../util/json.js';
import type { SqlConnection, SqlDialect } from './sql-database.js';
import type { Statements } from './statements.js';
import { parseStored } from './stored-json.js';

/** An append is stored in chunks of at most this many entries and characters, so that a slice reads little else. */
export const entriesPerChunk = 1_024;
export const charactersPerChunk = 1024 * 1024;

/**
 * A stream written one entry at a time is written into its last chunk while that is small: within a span of so many
 * entries and below so many characters, since the whole chunk is written anew. In a table clustered by its key SQLite
 * moves what is beyond 1,002 bytes of a row to further pages, each written anew as well:
 * https://sqlite.org/fileformat2.html#cell_payload_overflow_pages
 */
const extensibleSpan = 32;
const extensibleCharacters = 900;

/** Whether more entries still belong into the last chunk. */
export function isExtensible(
  chunk: { readonly first: number; readonly count: number; readonly characters: number },
  added: { readonly count: number; readonly data: string },
): boolean {
  const left = extensibleSpan - (chunk.first % extensibleSpan);
  return chunk.count + added.count <= left && chunk.characters + added.data.length <= extensibleCharacters;
}

/** JSON texts of values, joined to JSON arrays. */
export function* toChunks(texts: readonly string[]): Generator<{ readonly count: number; readonly data: string }> {
  let start = 0;
  let characters = 0;
  for (const [i, text] of texts.entries()) {
    if (i > start && (i - start === entriesPerChunk || characters + text.length > charactersPerChunk)) {
      yield { count: i - start, data: `[${texts.slice(start, i).join(',')}]` };
      start = i;
      characters = 0;
    }
    characters += text.length;
  }
  if (start < texts.length) yield { count: texts.length - start, data: `[${texts.slice(start).join(',')}]` };
}

/** Number of entries of a stream. */
export async function readStreamLength(
  connection: SqlConnection,
  statements: Statements,
  stream: string,
): Promise<number> {
  const [last] = await connection.execute(statements.streamLength(stream));
  return last?.length ?? 0;
}

export async function readStream(
  connection: SqlConnection,
  dialect: SqlDialect,
  statements: Statements,
  stream: string,
  { from, to }: CheckedRange,
): Promise<StreamPage> {
  const length = await readStreamLength(connection, statements, stream);
  const end = Math.min(to, length);
  if (from >= end) return { entries: [], length };
  const entries: StreamEntry[] = [];
  for (const { first, data } of await readChunks(connection, dialect, stream, from, end)) {
    const values = parseStored(data, `stream ${stream}`) as JsonValue[];
    const last = Math.min(values.length, end - first);
    for (let i = Math.max(0, from - first); i < last; i++) {
      entries.push({ seq: first + i, value: deepFreeze(values[i]!) });
    }
  }
  return { entries, length };
}

function readChunks(
  connection: SqlConnection,
  { builder }: SqlDialect,
  stream: string,
  from: number,
  end: number,
): Promise<readonly { first: number; data: string }[]> {
  const chunkOfFrom = builder
    .selectFrom('chunks')
    .select(({ fn }) => fn.max('first').as('first'))
    .where('stream', '=', stream)
    .where('first', '<=', from);
  const query = builder
    .selectFrom('chunks')
    .select(['first', 'data'])
    .where('stream', '=', stream)
    .where('first', '>=', chunkOfFrom)
    .where('first', '<', end)
    .orderBy('first');
  return connection.execute(query.compile());
}
