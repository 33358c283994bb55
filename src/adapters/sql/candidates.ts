import { sql } from 'kysely';
import type { Where } from '../../storage/storage.js';
import { type Comparison, type Fragment, compileComparison, entryColumns, idColumns } from './conditions.js';
import { fieldNumber } from './field-joins.js';
import type { SqlConnection, SqlDialect } from './sql-database.js';

/** A superset of the records that fulfil a condition, from index ranges alone. */
interface Candidates {
  /** Selects `rid`. */
  readonly select: Fragment;
  readonly count: number;
}

/** The fewest candidates that index ranges of the condition's own leave; undefined when none leaves few enough. */
export async function findCandidates(
  connection: SqlConnection,
  dialect: SqlDialect,
  collection: string,
  where: Where,
  mostCandidates: number,
): Promise<Fragment | undefined> {
  const search = async (condition: Where): Promise<Candidates | undefined> => {
    if ('not' in condition) return undefined;
    if ('and' in condition) {
      let best: Candidates | undefined;
      for (const member of condition.and) {
        const found = await search(member);
        if (found !== undefined && (best === undefined || found.count < best.count)) best = found;
      }
      return best;
    }
    if ('or' in condition) {
      const found: Candidates[] = [];
      for (const member of condition.or) {
        const candidates = await search(member);
        if (candidates === undefined) return undefined;
        found.push(candidates);
      }
      return unite(found, mostCandidates);
    }
    return condition.op === 'ne' ? undefined : count(selectMatching(dialect, collection, condition));
  };

  const count = async (select: Fragment): Promise<Candidates | undefined> => {
    const bounded = sql`(${select} limit ${mostCandidates + 1})`;
    const query = sql<{ count: number }>`select count(*) as count from ${bounded} as c`;
    const [row] = await connection.execute(query.compile(dialect.builder));
    return row === undefined || row.count > mostCandidates ? undefined : { select, count: row.count };
  };

  return (await search(where))?.select;
}

function unite(found: readonly Candidates[], mostCandidates: number): Candidates | undefined {
  if (found.length === 0) return { select: sql`select rid from records where ${sql.lit(false)}`, count: 0 };
  const total = found.reduce((sum, { count }) => sum + count, 0);
  if (total > mostCandidates) return undefined;
  const selects = found.map(({ select }) => select);
  return { select: sql.join(selects, sql` union `), count: total };
}

function selectMatching(dialect: SqlDialect, collection: string, comparison: Comparison): Fragment {
  if (comparison.field === 'id') {
    const condition = compileComparison(comparison, idColumns('c'), dialect);
    return sql`select c.rid from records as c where c.collection = ${collection} and ${condition}`;
  }
  const condition = compileComparison(comparison, entryColumns(dialect, 'c'), dialect);
  return sql`select c.rid from entries as c where c.fid = ${fieldNumber(collection, comparison.field)} and ${condition}`;
}
