import { type RawBuilder, sql } from 'kysely';
import type { SqlConnection, SqlDialect } from './sql-database.js';

/** Texts looked at in one statement. */
const textsPerBatch = 200;

const digestPattern = /sha256:[0-9a-f]{64}/g;

/** The digests that occur in any record or entry, each once: a superset of the artifacts that anything refers to. */
export async function readNamedDigests(
  connection: SqlConnection,
  { builder }: SqlDialect,
): Promise<ReadonlySet<string>> {
  const digests = new Set<string>();
  /** Looks at the texts of a table, by its key. */
  const collect = async <Row extends Text>(select: (after: Row | undefined) => RawBuilder<Row>): Promise<void> => {
    for (let last: Row | undefined; ;) {
      const batch = sql<Row>`${select(last)} limit ${sql.lit(textsPerBatch)}`;
      const rows = await connection.execute(batch.compile(builder));
      for (const { text } of rows) for (const [digest] of text.matchAll(digestPattern)) digests.add(digest);
      if (rows.length < textsPerBatch) return;
      last = rows.at(-1);
    }
  };
  await collect<Text & { rid: number }>(
    (after) => sql`
      select rid, value as text from records where rid > ${after?.rid ?? 0} and value like '%sha256:%' order by rid`,
  );
  await collect<Text & { stream: string; first: number }>(
    (after) => sql`
      select stream, first, data as text from chunks
      where (stream, first) > (${after?.stream ?? ''}, ${after?.first ?? -1}) and data like '%sha256:%'
      order by stream, first`,
  );
  await collect<Text & { place: number }>(
    (after) => sql`select place, data as text from audit_chunks where place > ${after?.place ?? -1} order by place`,
  );
  return digests;
}

interface Text {
  readonly text: string;
}
