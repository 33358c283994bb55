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
 * A stream written a few entries at a time is written into its last chunk while that stays below so many characters, about
 * half of a page of a SQLite database: a commit then writes one page for it.
 */
const extensibleCharacters = 900;

/** Whether more entries still belong into the last chunk. */
export const isExtensible = (chunk: { readonly characters: number }, added: { readonly data: string }): boolean =>
  chunk.characters + added.data.length <= extensibleCharacters;

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
