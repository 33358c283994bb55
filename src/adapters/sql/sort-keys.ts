import { sql } from 'kysely';
import { type ScalarKind, kindOf, kindOrder } from '../../storage/index-scalar.js';
import type { Position } from '../../storage/cursor.js';
import type { IndexScalar, OrderBy } from '../../storage/storage.js';
import {
  type Condition,
  type Fragment,
  type Operator,
  type ValueColumns,
  all,
  any,
  compareText,
} from './conditions.js';
import { kindCodes, toColumns } from './tables.js';

/** A sort key of a statement. */
export interface SortKey {
  readonly columns: ValueColumns;
  readonly direction: OrderBy['direction'];
  /** Set when the statement only sees values of this kind; then plain columns are the order, and indexes help. */
  readonly kind?: ScalarKind;
}

/** Terms of an ORDER BY, ties broken by id. */
export function orderTerms(keys: readonly SortKey[], id: Fragment): Fragment {
  return sql.join([...keys.flatMap(termsOf), id]);
}

function termsOf({ columns, direction, kind }: SortKey): Fragment[] {
  const { start } = columns;
  const num = sql`${columns.num} ${sql.raw(direction)}`;
  const text = sql`${columns.text} ${sql.raw(direction)}`;
  if (kind === undefined) return [rankOf(columns, direction), num, text];
  if (kind === 'string')
    return start === undefined ? [text] : [sql`${start.of(columns.text)} ${sql.raw(direction)}`, text];
  return kind === 'boolean' || kind === 'number' ? [num] : [];
}

/** Holds for what comes after a position. The keys must be those of the position, in order. */
export function isAfter(keys: readonly SortKey[], id: Fragment, position: Position): Condition {
  const ties = keys.map((key, i) => isTied(key, position.keys[i]!));
  const later = keys.map((key, i) => all([...ties.slice(0, i), isLater(key, position.keys[i]!)]));
  const tiedButLater = all([...ties, sql`${id} > ${position.id}`]);
  const [first] = keys;
  const start = first?.kind === undefined ? [] : [isNotEarlier(first, position.keys[0]!)];
  return all([...start, any([...later, tiedButLater])]);
}

function isTied(key: SortKey, value: IndexScalar): Condition {
  return all([...sameRank(key, value), ...compareColumn(key, value, '=')]);
}

function isLater(key: SortKey, value: IndexScalar): Condition {
  const further = compareColumn(key, value, key.direction === 'asc' ? '>' : '<');
  const withinRank = further.length === 0 ? sql.lit(false) : all([...sameRank(key, value), ...further]);
  if (key.kind !== undefined) return withinRank;
  return any([sql`${rankOf(key.columns, key.direction)} > ${rankOfValue(value, key.direction)}`, withinRank]);
}

/** Follows from the rest of {@link isAfter}, but is plain enough to start an index scan at. */
function isNotEarlier(key: SortKey, value: IndexScalar): Condition {
  return all(compareColumn(key, value, key.direction === 'asc' ? '>=' : '<='));
}

const sameRank = ({ kind, columns, direction }: SortKey, value: IndexScalar): Condition[] =>
  kind === undefined ? [sql`${rankOf(columns, direction)} = ${rankOfValue(value, direction)}`] : [];

function compareColumn({ columns }: SortKey, value: IndexScalar, operator: Operator): Condition[] {
  const { num, text } = toColumns(value);
  if (text !== null) return [compareText(columns, operator, text)];
  return num === null ? [] : [sql`${columns.num} ${sql.raw(operator)} ${num}`];
}

const rankOfValue = (value: IndexScalar, direction: OrderBy['direction']): number =>
  kindOrder[direction].indexOf(kindOf(value));

/** The place of a value's kind in {@link kindOrder}; absent fields are last, with null. */
function rankOf({ kind }: ValueColumns, direction: OrderBy['direction']): Fragment {
  const ascending = sql`coalesce(${kind}, ${sql.lit(kindCodes.null)})`;
  if (direction === 'asc') return ascending;
  const { string } = kindCodes;
  return sql`case when ${kind} <= ${sql.lit(string)} then ${sql.lit(string)} - ${kind} else ${ascending} end`;
}
