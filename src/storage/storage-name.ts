import { MLOpsError } from '../errors.js';

/** Most UTF-16 code units in the name of a collection, a stream, an id or an index field. */
const maxLength = 512;

const controlCharacter = /\p{Cc}/u;

/**
 * Names of collections and streams, ids, and names of index fields: non-empty, well-formed, free of control characters,
 * at most 512 characters. Slashes, spaces and any script are fine.
 *
 * @param what how the message calls it
 * @throws MLOpsError `INVALID_INPUT`
 */
export function checkStorageName(value: unknown, what: string): string {
  if (typeof value !== 'string') throw invalid(`${what} must be a string, got ${typeof value}`);
  if (value === '') throw invalid(`${what} must not be empty`);
  if (value.length > maxLength) {
    throw invalid(`${what} has ${value.length} characters; at most ${maxLength} are allowed`);
  }
  if (!value.isWellFormed() || controlCharacter.test(value)) {
    throw invalid(`${what} holds control characters or broken Unicode: ${JSON.stringify(value.slice(0, 80))}`);
  }
  return value;
}

/** Whether {@link checkStorageName} takes it. */
export const isStorageName = (value: unknown): value is string =>
  typeof value === 'string' &&
  value !== '' &&
  value.length <= maxLength &&
  value.isWellFormed() &&
  !controlCharacter.test(value);

export const invalid = (message: string): MLOpsError => new MLOpsError('INVALID_INPUT', message);
