import { isError } from '../../util/is-error.js';
/** Names of fields whose values are never written. */
const secretName = /secret|password|passphrase|token|authorization|cookie|api_?key|private_?key|credential/i;
/** User and password in a URL, and what follows the name of an authentication scheme. */
const secretText = [/(?<=:\/\/)[^/\s@]+(?=@)/g, /(?<=\b(?:bearer|basic) )[\w.~+/=-]+/gi];
const replacement = '[redacted]';

/** A text without what looks like a secret. */
export const redactText = (text: string): string =>
  secretText.reduce((before, pattern) => before.replace(pattern, replacement), text);

/** For JSON.stringify: secrets are left out, errors keep code and message, and nothing that can be logged fails. */
function replacer(key: string, value: unknown): unknown {
  if (value === undefined || value === null) return value;
  if (secretName.test(key)) return replacement;
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return String(value);
  if (isError(value)) {
    const { code } = value as { readonly code?: unknown };
    return { message: value.message, ...(typeof code === 'string' && { code }) };
  }
  return value;
}

/**
 * One line of JSON. Line breaks, terminal sequences and all other control characters are escaped, U+0085, U+2028 and U+2029
 * included: what is logged can neither forge a line nor move a cursor.
 */
export function formatLine(line: object): string {
  let json: string;
  try {
    json = JSON.stringify(line, replacer);
  } catch {
    json = JSON.stringify({ msg: 'a line that could not be written as JSON' }); // a cycle, or a getter that throws
  }
  const escaped = json.replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${escaped}\n`;
}
