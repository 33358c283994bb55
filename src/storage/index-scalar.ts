import type { IndexScalar, OrderBy } from './storage.js';
import { invalid } from './storage-name.js';

/** Most UTF-16 code units in a string that records can be found by. */
const maxTextLength = 16_384;

/** The groups that values of index fields sort in. Only values of one group compare with each other. */
export type ScalarKind = 'boolean' | 'number' | 'string' | 'nan' | 'null';

/** The groups in the order they come out, by direction. Absent fields count as null. */
export const kindOrder: Readonly<Record<OrderBy['direction'], readonly ScalarKind[]>> = {
  asc: ['boolean', 'number', 'string', 'nan', 'null'],
  desc: ['string', 'number', 'boolean', 'nan', 'null'],
};

export function kindOf(value: IndexScalar): ScalarKind {
  switch (typeof value) {
    case 'boolean':
      return 'boolean';
    case 'string':
      return 'string';
    case 'number':
      return Number.isNaN(value) ? 'nan' : 'number';
    default:
      return 'null';
  }
}

/** @throws MLOpsError `INVALID_INPUT` */
export function checkScalar(value: unknown, what: string): IndexScalar {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  if (typeof value !== 'string') {
    throw invalid(`${what} must be a string, a number, a boolean or null, got ${typeof value}`);
  }
  if (value.length > maxTextLength) {
    throw invalid(`${what} has ${value.length} characters; at most ${maxTextLength} can be searched by`);
  }
  if (!value.isWellFormed() || value.includes('\0')) {
    throw invalid(`${what} holds U+0000 or broken Unicode: ${JSON.stringify(value.slice(0, 80))}`);
  }
  return value;
}

/** Strings by code points, which is the order of their UTF-8 bytes; negative, zero or positive. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

/** Moves surrogates, which stand for code points past U+FFFF, behind U+E000 to U+FFFF. */
function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** Values of one kind, ascending; NaN ties with NaN and null with null. */
export function compareSameKind(a: IndexScalar, b: IndexScalar): number {
  if (typeof a === 'string' && typeof b === 'string') return compareCodePoints(a, b);
  const x = Number(a);
  const y = Number(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Order of two sort keys as `OrderBy` has it; pass null for absent fields. */
export function compareSortKeys(a: IndexScalar, b: IndexScalar, direction: OrderBy['direction']): number {
  const kind = kindOf(a);
  const otherKind = kindOf(b);
  if (kind !== otherKind) return kindOrder[direction].indexOf(kind) - kindOrder[direction].indexOf(otherKind);
  return direction === 'asc' ? compareSameKind(a, b) : compareSameKind(b, a);
}
