import { sql } from 'kysely';
import type { Where } from '../../storage/storage.js';
import { type Comparison, type Fragment, compileComparison, entryColumns, idColumns } from './conditions.js';
import { fieldNumber } from './field-joins.js';
import type { SqlConnection, SqlDialect } from './sql-database.js';

/** A superset of the records that fulfil a condition, from index ranges alone. */
export interface Candidates {
  /** Selects `rid`. */
  readonly select: Fragment;
  readonly count: number;
  /** The comparison whose range they are, when they are that of a single one. */
  readonly range?: Comparison;
}

/** Entries of an index that it pays to count and to compare with those of another range: some milliseconds. */
const mostScanned = 12_000;

/** So few candidates are looked at one by one sooner than ranges are compared. */
const fewEnough = 1_000;

/**
 * The fewest candidates that index ranges of the condition's own leave, those of several ranges that have to hold together
 * compared with each other; undefined when more are left than it pays to count.
 *
 * @param orderedBy a field whose range is as good as its share of others: it is walked in order, until a page is full
 */
export async function findCandidates(
  connection: SqlConnection,
  dialect: SqlDialect,
  collection: string,
  where: Where,
  orderedBy: string | undefined,
): Promise<Candidates | undefined> {
  /** @param most more candidates than this are of no use */
  const search = async (condition: Where, most = mostScanned): Promise<Candidates | undefined> => {
    if ('not' in condition) return undefined;
    if ('and' in condition) {
      const found: Candidates[] = [];
      let wanted = most;
      for (const member of condition.and) {
        const candidates = await search(member, wanted);
        if (candidates === undefined) continue;
        found.push(candidates);
        if (candidates.count <= fewEnough) wanted = Math.min(wanted, candidates.count);
      }
      return intersect(found);
    }
    if ('or' in condition) {
      const found: Candidates[] = [];
      for (const member of condition.or) {
        const candidates = await search(member);
        if (candidates === undefined) return undefined;
        found.push(candidates);
      }
      return unite(found);
    }
    if (condition.op === 'ne') return undefined;
    const range = await count(selectMatching(dialect, collection, condition), most);
    return range && { ...range, range: condition };
  };

  const intersect = async (found: readonly Candidates[]): Promise<Candidates | undefined> => {
    const [best, ...others] = [...found].sort((a, b) => a.count - b.count);
    if (best === undefined || others.length === 0 || best.count <= fewEnough) return best;
    if (best.range !== undefined && best.range.field === orderedBy) return best;
    const conditions = others.map(({ select }) => sql`c.rid in (${select})`);
    return list(sql`select c.rid from (${best.select}) as c where ${sql.join(conditions, sql` and `)}`);
  };

  /** Ranges are compared once: what they have in common is few, and handed back to the database as it is. */
  const list = async (select: Fragment): Promise<Candidates | undefined> => {
    const query = sql<{ rid: number }>`${select} limit ${mostScanned + 1}`;
    const rows = await connection.execute(query.compile(dialect.builder));
    if (rows.length > mostScanned) return undefined;
    return {
      select: dialect.selectNumbers(
        rows.map(({ rid }) => rid),
        'rid',
      ),
      count: rows.length,
    };
  };

  const count = async (select: Fragment, most = mostScanned): Promise<Candidates | undefined> => {
    const bounded = sql`(${select} limit ${most + 1})`;
    const query = sql<{ count: number }>`select count(*) as count from ${bounded} as c`;
    const [row] = await connection.execute(query.compile(dialect.builder));
    return row === undefined || row.count > most ? undefined : { select, count: row.count };
  };

  return search(where);
}

function unite(found: readonly Candidates[]): Candidates | undefined {
  if (found.length === 0) return { select: sql`select rid from records where ${sql.lit(false)}`, count: 0 };
  const total = found.reduce((sum, { count }) => sum + count, 0);
  if (total > mostScanned) return undefined;
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
