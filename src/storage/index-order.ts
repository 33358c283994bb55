import type { IndexFields, IndexScalar, OrderBy, Where } from './storage.js';

/** Classes of index values in ascending order; NaN, then null, come last in both directions. */
export const scalarClass = { boolean: 1, number: 2, string: 3, nan: 4, null: 5 } as const;

export function classOf(value: IndexScalar | undefined): number {
  if (value === null || value === undefined) return scalarClass.null;
  if (typeof value === 'number') return Number.isNaN(value) ? scalarClass.nan : scalarClass.number;
  return typeof value === 'boolean' ? scalarClass.boolean : scalarClass.string;
}

/** Position of a class in a direction. */
export const classRank = (valueClass: number, direction: OrderBy['direction']): number =>
  direction === 'asc' || valueClass > scalarClass.string ? valueClass : scalarClass.string + 1 - valueClass;

/** Index fields with maps flattened: `metrics: { rmse }` is `metrics.rmse`. */
export function flattenIndex(index: IndexFields = {}): ReadonlyMap<string, IndexScalar> {
  const flat = new Map<string, IndexScalar>();
  for (const [field, value] of Object.entries(index)) {
    if (typeof value !== 'object' || value === null) flat.set(field, value);
    else for (const [key, scalar] of Object.entries(value)) flat.set(`${field}.${key}`, scalar);
  }
  return flat;
}

/** Compares strings by code points, which is also the order of their UTF-8 bytes. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x === y) continue;
    // Surrogates stand for code points above all others, though their units are below U+E000.
    const [highX, highY] = [isSurrogate(x), isSurrogate(y)];
    return highX === highY ? x - y : highX ? 1 : -1;
  }
  return a.length - b.length;
}

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;

/** Compares two values of one class. */
function compareWithin(a: IndexScalar | undefined, b: IndexScalar | undefined): number {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  const [x, y] = [Number(a), Number(b)];
  return x < y ? -1 : x > y ? 1 : 0; // NaN and null: equal among themselves
}

export function compareBy(
  a: IndexScalar | undefined,
  b: IndexScalar | undefined,
  direction: OrderBy['direction'],
): number {
  const byClass = classRank(classOf(a), direction) - classRank(classOf(b), direction);
  if (byClass !== 0) return byClass;
  const order = classOf(a) >= scalarClass.nan ? 0 : compareWithin(a, b);
  return direction === 'asc' ? order : -order;
}

/** Whether a record matches: the plain meaning of a condition, against which every adapter is tested. */
export function matches(where: Where, id: string, index: ReadonlyMap<string, IndexScalar>): boolean {
  if ('and' in where) return where.and.every((part) => matches(part, id, index));
  if ('or' in where) return where.or.some((part) => matches(part, id, index));
  if ('not' in where) return !matches(where.not, id, index);
  const value = where.field === 'id' ? id : index.get(where.field);
  if (value === undefined) return false;
  switch (where.op) {
    case 'exists':
      return true;
    case 'prefix':
      return typeof value === 'string' && value.startsWith(where.value);
    case 'in':
      return where.values.some((candidate) => isSame(value, candidate));
    case 'eq':
      return isSame(value, where.value);
    case 'ne':
      return value !== null && !isSame(value, where.value);
    default: {
      const valueClass = classOf(value);
      if (valueClass !== classOf(where.value) || valueClass > scalarClass.string) return false;
      const order = compareWithin(value, where.value);
      return { lt: order < 0, lte: order <= 0, gt: order > 0, gte: order >= 0 }[where.op];
    }
  }
}

/** Equality in which NaN equals itself and 0 equals −0. */
const isSame = (a: IndexScalar, b: IndexScalar): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b));
