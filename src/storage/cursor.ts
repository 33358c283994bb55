import { digestBytes } from '../util/digest.js';
import type { IndexScalar, OrderBy, Where } from './storage.js';
import { invalid } from './storage-name.js';

/** A place in the order of a query: the sort keys of the last record seen (absent as null), and its id. */
export interface Position {
  readonly keys: readonly IndexScalar[];
  readonly id: string;
}

/** An opaque text that leads back to the position, for this very query only. */
export function encodeCursor(
  position: Position,
  collection: string,
  where: Where | undefined,
  orderBy: readonly OrderBy[],
): string {
  const content = [fingerprint(collection, where, orderBy), position.keys.map(finiteOrText), position.id];
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

/** @throws MLOpsError `INVALID_INPUT` when the text is no cursor, or one of another query */
export function decodeCursor(
  cursor: unknown,
  collection: string,
  where: Where | undefined,
  orderBy: readonly OrderBy[],
): Position {
  const content = parse(cursor);
  if (!Array.isArray(content)) throw malformed();
  const [of, keys, id] = content as unknown[];
  if (of !== fingerprint(collection, where, orderBy)) {
    throw invalid('the cursor belongs to another query; keep collection, where and orderBy as they were');
  }
  if (!Array.isArray(keys) || keys.length !== orderBy.length || typeof id !== 'string') throw malformed();
  return { keys: keys.map(decodeScalar), id };
}

function parse(cursor: unknown): unknown {
  if (typeof cursor !== 'string') throw malformed();
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    throw malformed();
  }
}

const malformed = () => invalid('the cursor is malformed; pass one that a page returned, unchanged');

const fingerprint = (collection: string, where: Where | undefined, orderBy: readonly OrderBy[]): string =>
  digestBytes(JSON.stringify([collection, where, orderBy], (_key, value: unknown) => finiteOrText(value))).slice(7, 23);

const finiteOrText = (value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? { number: String(value) } : value;

function decodeScalar(value: unknown): IndexScalar {
  if (typeof value === 'object' && value !== null && 'number' in value) return Number(value.number);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (value === null) return null;
  throw malformed();
}
