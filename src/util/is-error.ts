import { types } from 'node:util';

/**
 * Whether something is an error, also one of another realm: what Node itself throws is of its own, and where code runs in a
 * context of `node:vm`, as tests of Jest do, no `instanceof` of theirs.
 */
export const isError = (value: unknown): value is Error =>
  types.isNativeError(value) || value instanceof Error || value instanceof DOMException;
