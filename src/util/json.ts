import { MLOpsError } from '../errors.js';

/** Any value of JSON. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
/** An object of JSON. It is read-only: nothing that the library returns is to be changed. */
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
  const fault = findFault(value, 0);
  if (fault !== undefined) throw new MLOpsError('INVALID_INPUT', `${path}${fault.place} ${fault.problem}`);
}

/** What is wrong, and where below the value looked at. The place is put together on the way out: most values are fine. */
interface Fault {
  readonly place: string;
  readonly problem: string;
}

const at = (place: string, problem: string): Fault => ({ place, problem });

function findFault(value: unknown, depth: number): Fault | undefined {
  if (depth > maxDepth) return at('', `is nested deeper than ${maxDepth} levels (or contains itself)`);
  switch (typeof value) {
    case 'boolean':
      return undefined;
    case 'string':
      return value.isWellFormed() ? undefined : at('', 'holds a lone surrogate; strings must be well-formed Unicode');
    case 'number':
      return Number.isFinite(value) ? undefined : at('', `is ${value}; JSON has finite numbers only`);
    case 'object':
      return value === null
        ? undefined
        : Array.isArray(value)
          ? faultOfArray(value, depth)
          : faultOfObject(value, depth);
    default:
      return at('', `is of type ${typeof value}; expected JSON (null, boolean, number, string, array, object)`);
  }
}

function faultOfArray(values: readonly unknown[], depth: number): Fault | undefined {
  for (let i = 0; i < values.length; i++) {
    const fault = findFault(values[i], depth + 1);
    if (fault !== undefined) return at(`[${i}]${fault.place}`, fault.problem);
  }
  return undefined;
}

function faultOfObject(value: object, depth: number): Fault | undefined {
  if (!isPlain(value)) return at('', 'is an instance of a class; expected a plain object');
  for (const key of Object.keys(value)) {
    if (forbiddenKeys.has(key)) return at(`.${key}`, 'is not allowed as a key');
    if (!key.isWellFormed()) return at('', 'has a key with a lone surrogate');
    const fault = findFault((value as Readonly<Record<string, unknown>>)[key], depth + 1);
    if (fault !== undefined) return at(`.${key}${fault.place}`, fault.problem);
  }
  return undefined;
}

/** No instance of a class; one of another realm is, such as what a worker sent to code that runs in a context of `node:vm`. */
export function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  if (prototype === Object.prototype || prototype === null) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf');
}

/**
 * Canonical JSON (RFC 8785): keys sorted by UTF-16 code units, no white space, ECMAScript number format. Equal values
 * give equal bytes, so a digest of the result identifies the value.
 *
 * @throws MLOpsError `INVALID_INPUT` when the value is not strict JSON
 */
export function canonicalJson(value: JsonValue): string {
  assertJson(value);
  return canonicalJsonOfStored(value);
}

/** As {@link canonicalJson}, for values that are strict JSON without a check, such as those a storage gave back. */
export const canonicalJsonOfStored = (value: JsonValue): string =>
  hasSortedKeys(value) ? JSON.stringify(value) : write(value);

/** A value with the keys of all its objects in canonical order; the value itself where they are. It must be strict JSON. */
export function withSortedKeys<T extends JsonValue>(value: T): T;
export function withSortedKeys(value: JsonValue): JsonValue {
  if (value === null || typeof value !== 'object' || hasSortedKeys(value)) return value;
  if (isArray(value)) return value.map((member) => withSortedKeys(member));
  const sorted: Record<string, JsonValue> = {};
  for (const key of Object.keys(value).sort()) sorted[key] = withSortedKeys(value[key]!);
  return sorted;
}

let latest: { readonly value: object; readonly text: string } | undefined;

/**
 * Notes the JSON of a value that is strict JSON and never changes, so that storing it at once neither checks nor writes it
 * again. Only the latest is remembered: a weak map takes longer than what it saves.
 */
export const noteJson = (value: object, text: string): void => void (latest = { value, text });

/** The JSON that was noted for a value. */
export const notedJson = (value: unknown): string | undefined => (latest?.value === value ? latest?.text : undefined);

/** Written by hand: with map and join it takes twice as long, and a log has a million records. */
function write(value: JsonValue): string {
  if (typeof value === 'string') return quote(value);
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  let text = '';
  if (isArray(value)) {
    for (const member of value) text += text === '' ? write(member) : `,${write(member)}`;
    return `[${text}]`;
  }
  for (const key of Object.keys(value).sort()) {
    text += `${text === '' ? '' : ','}${quote(key)}:${write(value[key]!)}`;
  }
  return `{${text}}`;
}

/** Whether the keys of all objects in a value are in order: what JSON.stringify writes is canonical then. */
export function hasSortedKeys(value: JsonValue): boolean {
  if (value === null || typeof value !== 'object') return true;
  if (isArray(value)) return value.every(hasSortedKeys);
  let last: string | undefined;
  for (const key in value) {
    if ((last !== undefined && key < last) || !hasSortedKeys(value[key]!)) return false;
    last = key;
  }
  return true;
}

/** Printable ASCII without quote and backslash is its own JSON. */
const plain = /^[ !#-[\]-~]*$/;
const quote = (text: string): string => (plain.test(text) ? `"${text}"` : JSON.stringify(text));

const isArray = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);
