import { sql } from 'kysely';
import type { SqlConnection, SqlDialect } from './sql-database.js';

/** Texts looked at in one statement. */
const textsPerBatch = 200;

const digestPattern = /sha256:[0-9a-f]{64}/g;

/** The digests that occur in any record or entry, each once: a superset of the artifacts that anything refers to. */
export async function readNamedDigests(connection: SqlConnection, dialect: SqlDialect): Promise<ReadonlySet<string>> {
  const { builder } = dialect;
  const digests = new Set<string>();
  const collect = (text: string): void => {
    for (const [digest] of text.matchAll(digestPattern)) digests.add(digest);
  };
  for (let last = 0; ;) {
    const rows = await connection.execute(
      sql<{
        rid: number;
        value: string;
      }>`select rid, value from records where rid > ${last} and value like '%sha256:%' order by rid limit ${sql.lit(textsPerBatch)}`.compile(
        builder,
      ),
    );
    for (const { value } of rows) collect(value);
    if (rows.length < textsPerBatch) break;
    last = rows.at(-1)!.rid;
  }
  for (let stream = '', first = -1; ;) {
    const rows = await connection.execute(
      sql<{
        stream: string;
        first: number;
        data: string;
      }>`select stream, first, data from chunks where (stream > ${stream} or (stream = ${stream} and first > ${first})) and data like '%sha256:%' order by stream, first limit ${sql.lit(textsPerBatch)}`.compile(
        builder,
      ),
    );
    for (const { data } of rows) collect(data);
    if (rows.length < textsPerBatch) break;
    ({ stream, first } = rows.at(-1)!);
  }
  for (let last = -1; ;) {
    const rows = await connection.execute(
      sql<{ place: number; data: string }>`
        select place, data from audit_chunks where place > ${last} order by place limit ${sql.lit(textsPerBatch)}`.compile(
        builder,
      ),
    );
    for (const { data } of rows) collect(data);
    if (rows.length < textsPerBatch) return digests;
    last = rows.at(-1)!.place;
  }
}
