import { createHmac } from 'node:crypto';

/** The secret that pseudonyms are made with, and its id. */
export interface PseudonymKey {
  readonly keyId: string;
  readonly secret: Uint8Array;
}

/**
 * The pseudonym of a value in a column: HMAC-SHA-256, cut to 128 bits, over the column's name and the value, both in
 * Unicode's NFC form. It begins with the first 8 digits of the key's id, so that it is seen which key made it. The same value has
 * different pseudonyms in different columns. Without the key it cannot be tried out, as a plain hash can: there are
 * few ISINs.
 */
export function pseudonymOf({ keyId, secret }: PseudonymKey, column: string, value: string): string {
  const code = createHmac('sha256', secret)
    .update(`bondx-mlops pseudonym v1\0${column.normalize('NFC')}\0${value.normalize('NFC')}`, 'utf8')
    .digest()
    .subarray(0, 16);
  return `${keyId.slice(0, 8)}:${code.toString('base64url')}`;
}

/** Whether a text has the form of a pseudonym, whichever key made it. */
export const isPseudonymText = (text: string): boolean => /^[0-9a-f]{8}:[\w-]{22}$/.test(text);
