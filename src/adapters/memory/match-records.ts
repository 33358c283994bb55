import type { CheckedQuery } from '../../storage/checked-query.js';
import type { Position } from '../../storage/cursor.js';
import type { FlatIndex } from '../../storage/index-fields.js';
import { compareCodePoints, compareSameKind, compareSortKeys, kindOf } from '../../storage/index-scalar.js';
import { matchesLike, parseLike } from '../../storage/like-pattern.js';
import type { IndexScalar, OrderBy, Where } from '../../storage/storage.js';

/** What conditions and sort keys are about. */
export interface Indexed {
  readonly id: string;
  readonly index: FlatIndex;
}

/** The records of a page, and the position of its last one when more follow. */
export function selectPage<R extends Indexed>(
  records: Iterable<R>,
  { where, orderBy, limit, after }: CheckedQuery,
): { readonly records: readonly R[]; readonly last: Position | undefined } {
  const first = new FirstInOrder<R>(limit + 1, orderBy);
  for (const record of records) {
    if (where !== undefined && !matches(where, record)) continue;
    if (after !== undefined && comparePositions(positionOf(record, orderBy), after, orderBy) <= 0) continue;
    first.add(record);
  }
  const found = first.value();
  const page = found.slice(0, limit);
  const last = found.length > limit ? page.at(-1) : undefined;
  return { records: page, last: last && positionOf(last, orderBy) };
}

/** The first few records of many, without sorting them all. */
class FirstInOrder<R extends Indexed> {
  #kept: R[] = [];
  #worst: R | undefined;

  constructor(
    private readonly most: number,
    private readonly orderBy: readonly OrderBy[],
  ) {}

  add(record: R): void {
    if (this.#worst !== undefined && compareRecords(record, this.#worst, this.orderBy) > 0) return;
    this.#kept.push(record);
    if (this.#kept.length < 2 * this.most + 1_000) return;
    this.#kept = this.value();
    this.#worst = this.#kept.at(-1);
  }

  value(): R[] {
    return this.#kept.sort((a, b) => compareRecords(a, b, this.orderBy)).slice(0, this.most);
  }
}

/** Whether a record fulfils a condition. */
export function matches(where: Where, record: Indexed): boolean {
  if ('and' in where) return where.and.every((member) => matches(member, record));
  if ('or' in where) return where.or.some((member) => matches(member, record));
  if ('not' in where) return !matches(where.not, record);
  const value = fieldOf(record, where.field);
  if (value === undefined) return false;
  switch (where.op) {
    case 'exists':
      return true;
    case 'prefix':
      return typeof value === 'string' && value.startsWith(where.value);
    case 'like':
    case 'ilike':
      return typeof value === 'string' && matchesLike(parseLike(where.value), value, where.op === 'ilike');
    case 'in':
      return where.values.some((candidate) => isEqual(value, candidate));
    case 'eq':
      return isEqual(value, where.value);
    case 'ne':
      return value !== null && !isEqual(value, where.value);
    case 'lt':
      return isOrdered(value, where.value) && compareSameKind(value, where.value) < 0;
    case 'lte':
      return isOrdered(value, where.value) && compareSameKind(value, where.value) <= 0;
    case 'gt':
      return isOrdered(value, where.value) && compareSameKind(value, where.value) > 0;
    case 'gte':
      return isOrdered(value, where.value) && compareSameKind(value, where.value) >= 0;
  }
}

/** The order of a query: by its sort keys, ties by id. */
export function compareRecords(a: Indexed, b: Indexed, orderBy: readonly OrderBy[]): number {
  for (const { field, direction } of orderBy) {
    const order = compareSortKeys(fieldOf(a, field) ?? null, fieldOf(b, field) ?? null, direction);
    if (order !== 0) return order;
  }
  return compareCodePoints(a.id, b.id);
}

function comparePositions(a: Position, b: Position, orderBy: readonly OrderBy[]): number {
  for (const [i, { direction }] of orderBy.entries()) {
    const order = compareSortKeys(a.keys[i]!, b.keys[i]!, direction);
    if (order !== 0) return order;
  }
  return compareCodePoints(a.id, b.id);
}

const positionOf = (record: Indexed, orderBy: readonly OrderBy[]): Position => ({
  keys: orderBy.map(({ field }) => fieldOf(record, field) ?? null),
  id: record.id,
});

const fieldOf = (record: Indexed, field: string): IndexScalar | undefined =>
  field === 'id' ? record.id : record.index.get(field);

const isEqual = (a: IndexScalar, b: IndexScalar): boolean => kindOf(a) === kindOf(b) && compareSameKind(a, b) === 0;

/** Whether `lt` and its kin can hold at all. */
function isOrdered(a: IndexScalar, b: IndexScalar): boolean {
  const kind = kindOf(a);
  return kind === kindOf(b) && kind !== 'nan' && kind !== 'null';
}
