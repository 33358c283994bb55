import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type RawBuilder,
  sql,
} from 'kysely';
import type { SqlDialect } from '../sql/sql-database.js';
import type { Tables } from '../sql/tables.js';

/** An entry of a B-tree holds at most 2704 bytes: four for each of these, and the other columns. */
const indexedCodePoints = 500;

/** The collation "C" compares UTF-8 bytes, which is the order of code points. */
export const createPostgresDialect = (): SqlDialect => ({
  builder: new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  }),
  integer: 'bigint',
  double: 'double precision',
  text: sql`text collate "C"`,
  selectNumbers: (numbers, column) => sql`select unnest(${`{${numbers.join()}}`}::bigint[]) as ${sql.ref(column)}`,
  textStart: {
    length: indexedCodePoints,
    of: (text): RawBuilder<unknown> => sql`left(${text}, ${sql.lit(indexedCodePoints)})`,
  },
});
