import { type KeyDocument, newKeyDocument, parseKeyDocument } from './key-document.js';
import type { KeySource } from './local-key-service.js';
import { MLOpsError } from '../errors.js';

/** Keys that live as long as this process, for stores that do so too. */
export function ephemeralKeys(at: number): KeySource {
  let document = newKeyDocument(at);
  return {
    read: () => Promise.resolve(document),
    update: (change) => Promise.resolve((document = change(document))),
  };
}

/**
 * Keys from an environment variable that holds the text of a key file.
 *
 * @throws MLOpsError `KEY_UNAVAILABLE`
 */
export function variableKeys(name: string, value: string | undefined): KeySource {
  if (value === undefined || value.trim() === '') {
    throw new MLOpsError('KEY_UNAVAILABLE', `keys.variable names the environment variable ${name}, which is not set`);
  }
  const document: KeyDocument = parseKeyDocument(value, `the environment variable ${name}`);
  return {
    read: () => Promise.resolve(document),
    update: () => {
      throw new MLOpsError(
        'UNSUPPORTED',
        `keys that come from the environment variable ${name} are changed where it is set: rotate a key file, and put its text there`,
      );
    },
  };
}
