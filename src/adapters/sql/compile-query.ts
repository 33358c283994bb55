import { type RawBuilder, sql } from 'kysely';
import { classOf, classRank, scalarClass } from '../../storage/index-order.js';
import type { IndexScalar, OrderBy, Where } from '../../storage/storage.js';
import type { CursorPosition } from '../../storage/validate.js';

type Fragment = RawBuilder<unknown>;
type Direction = OrderBy['direction'];

/** A condition over the rows `r` of a collection, as SQL over their index entries. */
export function compileWhere(where: Where): Fragment {
  if ('and' in where) return connected(where.and.map(compileWhere), sql` and `, sql`1 = 1`);
  if ('or' in where) return connected(where.or.map(compileWhere), sql` or `, sql`1 = 0`);
  if ('not' in where) return sql`not (${compileWhere(where.not)})`;
  if (where.field === 'id') {
    return condition(where, { kind: sql`${sql.lit(scalarClass.string)}`, num: sql`0`, text: sql`r.id` });
  }
  const entry = { kind: sql`e.kind`, num: sql`e.num`, text: sql`e.text` };
  return sql`exists (select 1 from record_index e where e.collection = r.collection and e.id = r.id and e.field = ${where.field} and ${condition(where, entry)})`;
}

/** One index value in SQL: its class, and the number or the text. */
interface Entry {
  readonly kind: Fragment;
  readonly num: Fragment;
  readonly text: Fragment;
}

function condition(where: Extract<Where, { field: string }>, entry: Entry): Fragment {
  switch (where.op) {
    case 'exists':
      return sql`1 = 1`;
    case 'prefix':
      return sql`(${ofClass(entry, scalarClass.string)} and substr(${entry.text}, 1, length(${where.value})) = ${where.value})`;
    case 'in':
      return connected(
        where.values.map((value) => equals(entry, value)),
        sql` or `,
        sql`1 = 0`,
      );
    case 'eq':
      return equals(entry, where.value);
    case 'ne':
      return sql`(${entry.kind} <> ${sql.lit(scalarClass.null)} and not ${equals(entry, where.value)})`;
    default: {
      const operator = sql.raw({ lt: '<', lte: '<=', gt: '>', gte: '>=' }[where.op]);
      const { value } = where;
      if (classOf(value) > scalarClass.string) return sql`1 = 0`;
      const compared = typeof value === 'string' ? entry.text : entry.num;
      return sql`(${ofClass(entry, classOf(value))} and ${compared} ${operator} ${sqlValue(value)})`;
    }
  }
}

function equals(entry: Entry, value: IndexScalar): Fragment {
  const valueClass = classOf(value);
  if (valueClass > scalarClass.string) return ofClass(entry, valueClass);
  const compared = typeof value === 'string' ? entry.text : entry.num;
  return sql`(${ofClass(entry, valueClass)} and ${compared} = ${sqlValue(value)})`;
}

const ofClass = (entry: Entry, valueClass: number): Fragment => sql`${entry.kind} = ${sql.lit(valueClass)}`;

const sqlValue = (value: IndexScalar): number | string => (typeof value === 'string' ? value : Number(value));

/** The sort keys of a query: what to join, what to order by, what lies after a cursor, and what to read for the next. */
export interface CompiledOrder {
  readonly joins: Fragment;
  readonly orderBy: Fragment;
  readonly after: Fragment;
  readonly columns: Fragment;
}

export function compileOrder(orderBy: readonly OrderBy[], after: CursorPosition | undefined): CompiledOrder {
  const keys = orderBy.map(({ field, direction }, i) => sortKey(field, direction, i));
  const terms = keys.flatMap((key) => key.terms);
  const position = after?.keys.flatMap((value, i) => positionOf(value, orderBy[i]!.direction));
  return {
    joins: list(
      keys.map((key) => key.join),
      sql` `,
    ),
    orderBy: list([...terms.map(({ by, direction }) => sql`${by} ${sql.raw(direction)}`), sql`r.id asc`], sql`, `),
    after: after === undefined || position === undefined ? sql`1 = 1` : laterThan(terms, position, after.id),
    columns: list(
      keys.map((key) => sql`, ${key.columns}`),
      sql` `,
    ),
  };
}

interface Term {
  readonly by: Fragment;
  readonly direction: Direction;
}

function sortKey(
  field: string,
  direction: Direction,
  i: number,
): { join: Fragment; terms: readonly Term[]; columns: Fragment } {
  const alias = sql.raw(`k${i}`);
  const isId = field === 'id';
  const kind = isId ? sql`${sql.lit(scalarClass.string)}` : sql`coalesce(${alias}.kind, ${sql.lit(scalarClass.null)})`;
  const num = isId ? sql`0` : sql`coalesce(${alias}.num, 0)`;
  const text = isId ? sql`r.id` : sql`coalesce(${alias}.text, '')`;
  const last = sql.lit(scalarClass.string);
  const rank =
    direction === 'asc' ? kind : sql`case when ${kind} > ${last} then ${kind} else ${last} + 1 - ${kind} end`;
  return {
    join: isId
      ? sql``
      : sql`left join record_index ${alias} on ${alias}.collection = r.collection and ${alias}.id = r.id and ${alias}.field = ${field}`,
    terms: [
      { by: rank, direction: 'asc' },
      { by: num, direction },
      { by: text, direction },
    ],
    columns: sql`${kind} as ${sql.raw(`k${i}_kind`)}, ${num} as ${sql.raw(`k${i}_num`)}, ${text} as ${sql.raw(`k${i}_text`)}`,
  };
}

/** A sort key's values in the order of its terms. */
function positionOf(value: IndexScalar | undefined, direction: Direction): readonly (number | string)[] {
  const valueClass = classOf(value);
  const isNumber = valueClass === scalarClass.number || valueClass === scalarClass.boolean;
  return [classRank(valueClass, direction), isNumber ? Number(value) : 0, typeof value === 'string' ? value : ''];
}

/** Lexicographic "after": the first term that differs decides, the id at last. */
function laterThan(terms: readonly Term[], position: readonly (number | string)[], id: string): Fragment {
  return terms.reduceRight<Fragment>(
    (rest, { by, direction }, i) =>
      sql`(${by} ${sql.raw(direction === 'asc' ? '>' : '<')} ${position[i]} or (${by} = ${position[i]} and ${rest}))`,
    sql`r.id > ${id}`,
  );
}

/** The sort key of a row that came back, for the next cursor. */
export function keyOf(row: Readonly<Record<string, unknown>>, i: number): IndexScalar | undefined {
  const num = row[`k${i}_num`];
  switch (row[`k${i}_kind`]) {
    case scalarClass.boolean:
      return num === 1;
    case scalarClass.number:
      return num as number;
    case scalarClass.string:
      return row[`k${i}_text`] as string;
    case scalarClass.nan:
      return NaN;
    default:
      return undefined;
  }
}

/** Conditions connected by `and` or `or`; none of them is the connective's neutral condition. */
const connected = (parts: readonly Fragment[], connective: Fragment, neutral: Fragment): Fragment =>
  parts.length === 0 ? neutral : sql`(${sql.join(parts, connective)})`;

const list = (parts: readonly Fragment[], separator: Fragment): Fragment =>
  parts.length === 0 ? sql`` : sql`${sql.join(parts, separator)}`;
