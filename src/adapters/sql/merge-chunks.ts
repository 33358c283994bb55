import type { SqlConnection } from './sql-database.js';
import type { Statements } from './statements.js';
import { charactersPerChunk } from './stream-chunks.js';

/** Entries that small chunks are merged to, so that a stream written one entry at a time is read in large ones. */
const span = 256;

/**
 * Merges the small chunks that lie within a span of a stream, once an append completed it. Every entry is rewritten once,
 * and a stream that was written one entry at a time has small chunks at its end only.
 *
 * @param before length of the stream before the append
 * @param after length of the stream after it
 */
export async function mergeChunks(
  connection: SqlConnection,
  statements: Statements,
  stream: string,
  before: number,
  after: number,
): Promise<void> {
  const end = after - (after % span);
  if (end <= before || after - before >= span) return; // nothing completed, or written in one large chunk
  const start = end - span;
  const chunks = await connection.execute(statements.chunksBetween(stream, start, end));
  const count = chunks.reduce((sum, chunk) => sum + chunk.count, 0);
  const characters = chunks.reduce((sum, chunk) => sum + chunk.data.length, 0);
  if (chunks.length < 2 || characters > charactersPerChunk) return;
  const { first } = chunks[0]!;
  const data = `[${chunks.map((chunk) => chunk.data.slice(1, -1)).join(',')}]`;
  await connection.execute(statements.deleteChunks(stream, first, first + count));
  for (const query of statements.insertChunks([[stream, first, count, data]])) await connection.execute(query);
}
