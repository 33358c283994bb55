import { MLOpsError } from '../errors.js';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Keys that could reach an object's prototype when copied carelessly; refused everywhere. */
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);

/** Nested deeper than this is refused: it would overflow the stack of some reader. */
const maxDepth = 100;

/**
 * Asserts that a value is strict JSON: finite numbers, well-formed strings, plain objects and arrays, no `undefined`,
 * no cycles, none of `__proto__`, `constructor`, `prototype` as a key.
 *
 * @param path how the value is called in the error message
 * @throws MLOpsError `INVALID_INPUT` that names the offending place
 */
export function assertJson(value: unknown, path = 'value'): asserts value is JsonValue {
  check(value, path, 0);
}

function check(value: unknown, path: string, depth: number): void {
  if (depth > maxDepth) throw invalid(path, `is nested deeper than ${maxDepth} levels (or contains itself)`);
  switch (typeof value) {
    case 'boolean':
      return;
    case 'string':
      if (!value.isWellFormed()) throw invalid(path, 'holds a lone surrogate; strings must be well-formed Unicode');
      return;
    case 'number':
      if (!Number.isFinite(value)) throw invalid(path, `is ${value}; JSON has finite numbers only`);
      return;
    case 'object':
      break;
    default:
      throw invalid(path, `is of type ${typeof value}; expected JSON (null, boolean, number, string, array, object)`);
  }
  if (value === null) return;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) check(value[i], `${path}[${i}]`, depth + 1);
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw invalid(path, 'is an instance of a class; expected a plain object');
  }
  for (const [key, member] of Object.entries(value)) {
    if (forbiddenKeys.has(key)) throw invalid(`${path}.${key}`, 'is not allowed as a key');
    if (!key.isWellFormed()) throw invalid(path, 'has a key with a lone surrogate');
    check(member, `${path}.${key}`, depth + 1);
  }
}

function invalid(path: string, problem: string): MLOpsError {
  return new MLOpsError('INVALID_INPUT', `${path} ${problem}`);
}

/**
 * Canonical JSON (RFC 8785): keys sorted by UTF-16 code units, no white space, ECMAScript number format. Equal values
 * give equal bytes, so a digest of the result identifies the value.
 *
 * @throws MLOpsError `INVALID_INPUT` when the value is not strict JSON
 */
export function canonicalJson(value: JsonValue): string {
  assertJson(value);
  return write(value);
}

function write(value: JsonValue): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (isArray(value)) return `[${value.map(write).join(',')}]`;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${write(value[key]!)}`);
  return `{${members.join(',')}}`;
}

const isArray = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);
