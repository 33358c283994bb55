import { MLOpsError } from '../../errors.js';
import type { JsonValue } from '../../util/json.js';

/**
 * The value of a text that was written as JSON.
 *
 * @param name how the message calls it: collection and id of a record, or a stream
 * @throws MLOpsError `CORRUPT` when the text is none any more
 */
export function parseStored(text: string, name: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (cause) {
    throw damaged(name, cause);
  }
}

/** @param name as above */
export const damaged = (name: string, cause?: unknown): MLOpsError =>
  new MLOpsError('CORRUPT', `what is stored of ${name} was altered or damaged; restore the store from a backup`, {
    cause,
  });
