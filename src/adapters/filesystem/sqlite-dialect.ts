import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, sql } from 'kysely';
import { parseLike } from '../../storage/like-pattern.js';
import type { SqlDialect } from '../sql/sql-database.js';
import type { Tables } from '../sql/tables.js';

/** SQLite compares text by its UTF-8 bytes, which is the order of code points, unless told otherwise. */
export const createSqliteDialect = (): SqlDialect => ({
  builder: new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  }),
  integer: 'integer',
  double: 'real',
  text: 'text',
  clustered: sql`without rowid`,
  selectNumbers: (numbers, column) =>
    sql`select value as ${sql.ref(column)} from json_each(${JSON.stringify(numbers)})`,
  // SQLite's LIKE takes A to Z in either case; GLOB does not.
  like: (text, pattern) => sql`${text} glob ${globOf(pattern)}`,
});

/** The same pattern as GLOB writes it. */
const globOf = (pattern: string): string =>
  parseLike(pattern)
    .map((part) => {
      if (part === 'any') return '*';
      if (part === 'one') return '?';
      return '*?['.includes(part.character) ? `[${part.character}]` : part.character;
    })
    .join('');
