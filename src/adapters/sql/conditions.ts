import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';
import { kindOf } from '../../storage/index-scalar.js';
import type { IndexScalar, Where } from '../../storage/storage.js';
import type { SqlDialect, TextStart } from './sql-database.js';
import { kindCodes, toColumns } from './tables.js';

export type Fragment = Expression<unknown>;
export type Condition = RawBuilder<SqlBool>;

/** Where the value of a field is found in a statement. All are SQL NULL when the field is absent. */
export interface ValueColumns {
  readonly kind: Fragment;
  readonly num: Fragment;
  readonly text: Fragment;
  /** See {@link SqlDialect.textStart}; conditions say it as well, so that the index helps. */
  readonly start?: TextStart;
}

export type Operator = '=' | '<' | '<=' | '>' | '>=';

/** The columns of a row of `entries`. */
export const entryColumns = ({ textStart }: SqlDialect, alias: string): ValueColumns => ({
  kind: sql.ref(`${alias}.kind`),
  num: sql.ref(`${alias}.num`),
  text: sql.ref(`${alias}.text`),
  ...(textStart && { start: textStart }),
});

/** The field `id`, which is a string and always there. */
export const idColumns = (alias: string): ValueColumns => ({
  kind: sql.lit(kindCodes.string),
  num: sql`null`,
  text: sql.ref(`${alias}.id`),
});

export const all = (conditions: readonly Condition[]): Condition => combine(conditions, 'and', true);
export const any = (conditions: readonly Condition[]): Condition => combine(conditions, 'or', false);

function combine(conditions: readonly Condition[], word: 'and' | 'or', ofNone: boolean): Condition {
  if (conditions.length === 0) return sql.lit(ofNone);
  if (conditions.length === 1) return conditions[0]!;
  return sql`(${sql.join(conditions, word === 'and' ? sql` and ` : sql` or `)})`;
}

/**
 * A condition in SQL. It is true exactly where it holds; where it does not, it may be NULL instead of false when a
 * field is absent, which `and` and `or` carry along and `not` has to take away.
 */
export function compileCondition(
  where: Where,
  columnsOf: (field: string) => ValueColumns,
  dialect: Pick<SqlDialect, 'like'>,
): Condition {
  const compile = (member: Where): Condition => compileCondition(member, columnsOf, dialect);
  // A negation is true of records that lack its field, so that each has to be looked up: those that the rest leaves.
  if ('and' in where) return all([...where.and].sort((a, b) => Number('not' in a) - Number('not' in b)).map(compile));
  if ('or' in where) return any(where.or.map(compile));
  if ('not' in where) return sql`not coalesce(${compile(where.not)}, ${sql.lit(false)})`;
  return compileComparison(where, columnsOf(where.field), dialect);
}

export type Comparison = Extract<Where, { field: string }>;

export function compileComparison(
  where: Comparison,
  columns: ValueColumns,
  { like = standardLike }: Pick<SqlDialect, 'like'>,
): Condition {
  const { kind, text } = columns;
  switch (where.op) {
    case 'exists':
      return sql`${kind} is not null`;
    case 'eq':
      return isEqual(columns, where.value);
    case 'ne':
      return sql`(${kind} <> ${sql.lit(kindCodes.null)} and not ${isEqual(columns, where.value)})`;
    case 'in':
      return isIn(columns, where.values);
    case 'prefix': {
      const end = prefixEnd(where.value);
      return all([
        isString(columns),
        compareText(columns, '>=', where.value),
        ...(end === undefined ? [] : [compareText(columns, '<', end)]),
      ]);
    }
    case 'like':
      return all([isString(columns), like(text, where.value)]);
    case 'ilike': // lower() folds A to Z only, in SQLite as in PostgreSQL's collation "C"
      return all([isString(columns), sql`lower(${text}) like ${foldAscii(where.value)} escape '\\'`]);
    case 'lt':
      return compareOrdered(columns, '<', where.value);
    case 'lte':
      return compareOrdered(columns, '<=', where.value);
    case 'gt':
      return compareOrdered(columns, '>', where.value);
    case 'gte':
      return compareOrdered(columns, '>=', where.value);
  }
}

const standardLike = (text: Fragment, pattern: string): Condition => sql`${text} like ${pattern} escape '\\'`;

/** In PostgreSQL a parameter would be folded by the rules of the database's language. */
const foldAscii = (pattern: string): string => pattern.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** `num` is NULL for every string; saying so lets an index over kind, num, text find the text. */
const isString = ({ kind, num }: ValueColumns): Condition =>
  sql`(${kind} = ${sql.lit(kindCodes.string)} and ${num} is null)`;

const isEqual = (columns: ValueColumns, value: IndexScalar): Condition =>
  kindOf(value) === 'nan' || value === null
    ? sql`(${columns.kind} = ${sql.lit(toColumns(value).kind)})`
    : compareOrdered(columns, '=', value);

function compareOrdered(columns: ValueColumns, operator: Operator, value: IndexScalar): Condition {
  const { kind, num, text } = toColumns(value);
  if (text !== null) return sql`(${isString(columns)} and ${compareText(columns, operator, text)})`;
  if (num === null) return sql.lit(false);
  return sql`(${columns.kind} = ${sql.lit(kind)} and ${columns.num} ${sql.raw(operator)} ${num})`;
}

/** Where only the start of a text is indexed, it is compared first: no less, no greater, or the same is what it says. */
export function compareText({ text, start }: ValueColumns, operator: Operator, value: string): Condition {
  const whole = sql<SqlBool>`${text} ${sql.raw(operator)} ${value}`;
  if (start === undefined) return whole;
  const orSame = operator === '<' ? '<=' : operator === '>' ? '>=' : operator;
  return sql`(${start.of(text)} ${sql.raw(orSame)} ${startOf(value, start)} and ${whole})`;
}

const startOf = (value: string, { length }: TextStart): string =>
  value.length <= length ? value : Array.from(value).slice(0, length).join('');

function isIn(columns: ValueColumns, values: readonly IndexScalar[]): Condition {
  const numbers = values.filter((value) => typeof value === 'number' && !Number.isNaN(value));
  const strings = values.filter((value) => typeof value === 'string');
  const others = values.filter((value) => !numbers.includes(value) && typeof value !== 'string');
  const groups = others.map((value) => isEqual(columns, value));
  if (numbers.length > 0) {
    groups.push(sql`(${columns.kind} = ${sql.lit(kindCodes.number)} and ${columns.num} in (${sql.join(numbers)}))`);
  }
  if (strings.length > 0) groups.push(sql`(${isString(columns)} and ${isTextIn(columns, strings)})`);
  return any(groups);
}

function isTextIn({ text, start }: ValueColumns, values: readonly string[]): Condition {
  const whole = sql<SqlBool>`${text} in (${sql.join(values)})`;
  if (start === undefined) return whole;
  const starts = [...new Set(values.map((value) => startOf(value, start)))];
  return sql`(${start.of(text)} in (${sql.join(starts)}) and ${whole})`;
}

/** The least string greater than every string with the prefix, in the order of code points; undefined when none is. */
export function prefixEnd(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0)!);
  while (points.length > 0) {
    const last = points.pop()!;
    if (last === 0x10ffff) continue;
    return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1); // surrogates are no characters
  }
  return undefined;
}
