import { sql } from 'kysely';
import type { CheckedQuery } from '../../storage/checked-query.js';
import type { Position } from '../../storage/cursor.js';
import { type ScalarKind, kindOf, kindOrder } from '../../storage/index-scalar.js';
import type { OrderBy } from '../../storage/storage.js';
import { findCandidates } from './candidates.js';
import { type Comparison, type Condition, type Fragment, all, compileCondition } from './conditions.js';
import { FieldJoins, fieldNumber } from './field-joins.js';
import { type SortKey, isAfter, orderTerms } from './sort-keys.js';
import type { SqlConnection, SqlDialect } from './sql-database.js';
import { kindCodes } from './tables.js';

/** A record on a page, its value yet to be fetched. */
export interface Found {
  readonly rid: number;
  readonly id: string;
}

const recordId = sql.ref('r.id');

/**
 * The records of a page in order, and one more when there is one. Takes one of three ways: sorting the few candidates
 * that the condition leaves; walking the records by id; or walking the index of the first sort key, one kind of value
 * after the other, or only the range of it that the condition leaves.
 */
export async function selectPage(
  connection: SqlConnection,
  dialect: SqlDialect,
  collection: string,
  query: CheckedQuery,
  mostCandidates: number,
): Promise<readonly Found[]> {
  const page = new PageSelection(connection, dialect, collection, query);
  const { where, orderBy } = query;
  const [first] = orderBy;
  const candidates = where && (await findCandidates(connection, dialect, collection, where, first?.field));
  const kind = first && candidates?.range && kindInRange(candidates.range, first.field);
  if (kind !== undefined) return page.byIndex(first!, [kind]);
  if (candidates !== undefined && candidates.count <= mostCandidates) return page.amongCandidates(candidates.select);
  return first === undefined || first.field === 'id' ? page.byId() : page.byIndex(first);
}

/** The one kind of the values that fulfil a comparison with a field, where the index holds them side by side. */
function kindInRange(comparison: Comparison, field: string): ScalarKind | undefined {
  if (comparison.field !== field || field === 'id') return undefined;
  switch (comparison.op) {
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return kindOf(comparison.value);
    case 'prefix':
      return 'string';
    default:
      return undefined;
  }
}

/** What tells one way of finding a page from another. */
interface Way {
  readonly from: Fragment;
  readonly conditions: readonly Condition[];
  /** The kind that the first sort key has in all it sees. */
  readonly firstKind?: ScalarKind;
  readonly joins: FieldJoins;
  readonly after: Position | undefined;
  readonly limit: number;
}

class PageSelection {
  /** One more than asked for tells whether there are more. */
  readonly #limit: number;

  constructor(
    private readonly connection: SqlConnection,
    private readonly dialect: SqlDialect,
    private readonly collection: string,
    private readonly query: CheckedQuery,
  ) {
    this.#limit = query.limit + 1;
  }

  amongCandidates(candidates: Fragment): Promise<readonly Found[]> {
    const joins = new FieldJoins(this.dialect, this.collection);
    return this.#select({
      from: sql`(${candidates}) as o cross join records as r`,
      conditions: [sql`r.rid = o.rid`],
      joins,
      after: this.query.after,
      limit: this.#limit,
    });
  }

  byId(): Promise<readonly Found[]> {
    const joins = new FieldJoins(this.dialect, this.collection);
    return this.#select({
      from: sql`records as r`,
      conditions: [sql`r.collection = ${this.collection}`],
      joins,
      after: this.query.after,
      limit: this.#limit,
    });
  }

  /** @param only the kinds that the first sort key has; all unless told */
  async byIndex(first: OrderBy, only?: readonly ScalarKind[]): Promise<readonly Found[]> {
    const { after } = this.query;
    const kinds = only ?? kindOrder[first.direction];
    const start = after === undefined ? undefined : kindOf(after.keys[0]!);
    const found: Found[] = [];
    for (const kind of start === undefined ? kinds : kinds.slice(kinds.indexOf(start))) {
      const limit = this.#limit - found.length;
      if (limit === 0) break;
      if (kind === 'null' && (await this.#isInEveryRecord(first.field))) break;
      found.push(...(await this.#ofKind(first, kind, kind === start ? after : undefined, limit)));
    }
    return found;
  }

  /** Records whose value of the first sort key is of one kind; `null` stands for absent as well. */
  #ofKind(first: OrderBy, kind: ScalarKind, after: Position | undefined, limit: number): Promise<readonly Found[]> {
    const joins = new FieldJoins(this.dialect, this.collection);
    const code = sql.lit(kindCodes[kind]);
    if (kind === 'null') {
      const { kind: actual } = joins.columnsOf(first.field);
      const from = sql`records as r`;
      const conditions: Condition[] = [
        sql`r.collection = ${this.collection}`,
        sql`(${actual} is null or ${actual} = ${code})`,
      ];
      return this.#select({ from, conditions, firstKind: kind, joins, after, limit });
    }
    joins.provide(first.field, 'o');
    const from = sql`entries as o cross join records as r`;
    const conditions: Condition[] = [
      sql`r.rid = o.rid and o.fid = ${fieldNumber(this.collection, first.field)} and o.kind = ${code}`,
      ...(kind === 'string' ? [sql<boolean>`o.num is null`] : []),
    ];
    return this.#select({ from, conditions, firstKind: kind, joins, after, limit });
  }

  #keys(joins: FieldJoins, firstKind: ScalarKind | undefined): SortKey[] {
    return this.query.orderBy.map(({ field, direction }, i) => {
      const kind = field === 'id' ? 'string' : i === 0 ? firstKind : undefined;
      const columns = joins.columnsOf(field);
      return kind === undefined ? { columns, direction } : { columns, direction, kind };
    });
  }

  /** What the condition asks for is joined first: the sort keys of records that it leaves out need no looking up. */
  #select({ from, conditions, firstKind, joins, after, limit }: Way): Promise<readonly Found[]> {
    const { where } = this.query;
    const wanted = where === undefined ? [] : [compileCondition(where, joins.columnsOf, this.dialect)];
    const keys = this.#keys(joins, firstKind);
    const condition = all([...conditions, ...wanted, ...(after === undefined ? [] : [isAfter(keys, recordId, after)])]);
    const order = orderTerms(keys, recordId);
    const query = sql<Found>`select r.rid as rid, r.id as id from ${from} ${joins.toSql()} where ${condition} order by ${order} limit ${limit}`;
    return this.connection.execute(query.compile(this.dialect.builder));
  }

  /** Two counts over indexes cost a tenth of looking for records that lack the field. */
  async #isInEveryRecord(field: string): Promise<boolean> {
    const fid = fieldNumber(this.collection, field);
    const withField = sql`(select count(*) from entries where fid = ${fid} and kind < ${sql.lit(kindCodes.null)})`;
    const records = sql`(select count(*) from records where collection = ${this.collection})`;
    const query = sql<{ everywhere: number | boolean }>`select ${withField} = ${records} as everywhere`;
    const [row] = await this.connection.execute(query.compile(this.dialect.builder));
    return Boolean(row?.everywhere);
  }
}
