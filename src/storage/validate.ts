import { MLOpsError } from '../errors.js';
import { type JsonValue, assertJson } from '../util/json.js';
import type { Change, IndexScalar, Query, StreamRange, Where } from './storage.js';

const maxNameLength = 512;
const maxValueBytes = 16 * 1024 * 1024;
const maxPage = 50_000;
const defaultPage = 100;
const maxWhereDepth = 50;

const controlCharacter = /\p{Cc}/u;

const invalid = (message: string): MLOpsError => new MLOpsError('INVALID_INPUT', message);

/** Refuses names that cannot be stored by every adapter. */
export function checkStorageName(name: unknown, what: string): asserts name is string {
  if (typeof name !== 'string' || name === '') throw invalid(`${what} must be a non-empty string`);
  if (name.length > maxNameLength)
    throw invalid(`${what} has ${name.length} characters; at most ${maxNameLength} are allowed`);
  if (!name.isWellFormed() || controlCharacter.test(name)) {
    throw invalid(`${what} holds control characters or broken Unicode: ${JSON.stringify(name.slice(0, 80))}`);
  }
}

/** A change whose values are serialized, ready to be written. */
export type CheckedChange = Exclude<Change, { kind: 'put' | 'append' }> | CheckedPut | CheckedAppend;
export type CheckedPut = Extract<Change, { kind: 'put' }> & { readonly json: string };
export type CheckedAppend = Extract<Change, { kind: 'append' }> & { readonly json: string };

/** Refuses a malformed commit as a whole, before any of it is written. */
export function checkChanges(changes: readonly Change[]): readonly CheckedChange[] {
  const named = new Set<string>();
  return changes.map((change) => {
    const target = change.kind === 'append' ? `stream ${change.stream}` : `record ${change.collection}\n${change.id}`;
    if (named.has(target)) throw invalid(`a commit may name ${target.replace('\n', '/')} only once`);
    named.add(target);
    if (change.kind === 'append') {
      checkStorageName(change.stream, 'stream');
      checkLength(change.expect);
      return { ...change, json: serialize(change.values, `entries of ${change.stream}`) };
    }
    checkStorageName(change.collection, 'collection');
    checkStorageName(change.id, 'id');
    checkExpectation(change.expect);
    return change.kind === 'put'
      ? { ...change, json: serialize(change.value, `${change.collection}/${change.id}`) }
      : change;
  });
}

function serialize(value: JsonValue, what: string): string {
  assertJson(value, what);
  const json = JSON.stringify(value);
  if (json.length > maxValueBytes) {
    throw invalid(
      `${what} is ${json.length} characters of JSON; at most ${maxValueBytes} are allowed: keep large content as an artifact`,
    );
  }
  return json;
}

function checkExpectation(expect: unknown): void {
  if (expect !== 'any' && expect !== 'absent' && !Number.isSafeInteger(expect)) {
    throw invalid(`expect must be a version, 'absent' or 'any', got ${String(expect)}`);
  }
}

function checkLength(expect: unknown): void {
  if (expect !== undefined && !(Number.isSafeInteger(expect) && (expect as number) >= 0)) {
    throw invalid(`expect must be the length of the stream, got ${String(expect)}`);
  }
}

/** @returns the page size */
export function checkQuery(query: Query): number {
  const { where, orderBy = [], limit = defaultPage } = query;
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > maxPage) {
    throw invalid(`limit must be a whole number from 1 to ${maxPage}, got ${limit}`);
  }
  for (const { field, direction } of orderBy) {
    checkStorageName(field, 'orderBy field');
    if (!['asc', 'desc'].includes(direction)) throw invalid(`direction must be asc or desc, got ${String(direction)}`);
  }
  if (where !== undefined) checkWhere(where, 0);
  return limit;
}

function checkWhere(where: Where, depth: number): void {
  if (depth > maxWhereDepth) throw invalid(`where is nested deeper than ${maxWhereDepth} levels`);
  if ('and' in where) for (const part of where.and) checkWhere(part, depth + 1);
  else if ('or' in where) for (const part of where.or) checkWhere(part, depth + 1);
  else if ('not' in where) checkWhere(where.not, depth + 1);
  else checkStorageName(where.field, 'where field');
}

/** @returns the range with its ends filled in */
export function checkRange(range: StreamRange): { readonly from: number; readonly to: number; readonly limit: number } {
  const { from = 0, to = Number.MAX_SAFE_INTEGER, limit = Number.MAX_SAFE_INTEGER } = range;
  for (const [name, value] of Object.entries({ from, to, limit })) {
    if (!Number.isSafeInteger(value) || value < 0) throw invalid(`${name} must be a whole number from 0, got ${value}`);
  }
  return { from, to, limit };
}

/** Where the last row of a page stood: its sort keys and its id. */
export interface CursorPosition {
  readonly keys: readonly (IndexScalar | undefined)[];
  readonly id: string;
}

/** Keys as JSON: numbers that JSON lacks and absent fields spelled out. */
export function encodeCursor({ keys, id }: CursorPosition): string {
  const encoded = keys.map((key) => (key === undefined ? [] : typeof key === 'number' ? [String(key), 0] : [key]));
  return Buffer.from(JSON.stringify([id, ...encoded]), 'utf8').toString('base64url');
}

/** @throws MLOpsError `INVALID_INPUT` for a cursor that did not come from a query with as many sort keys */
export function decodeCursor(cursor: string, keyCount: number): CursorPosition {
  const refused = invalid('the cursor is not one that this query returned; start again without it');
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    throw refused;
  }
  if (!Array.isArray(parsed) || parsed.length !== keyCount + 1 || typeof parsed[0] !== 'string') throw refused;
  const keys = (parsed.slice(1) as unknown[]).map((key): IndexScalar | undefined => {
    if (!Array.isArray(key)) throw refused;
    const [value, isNumber] = key as [unknown, unknown];
    if (isNumber === 0) return Number(value);
    if (value === undefined || value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    throw refused;
  });
  return { keys, id: parsed[0] };
}
