import { createHash, hash } from 'node:crypto';
import { canonicalJson, type JsonValue } from './json.js';

/** `sha256:` and 64 hexadecimal digits. */
export type Digest = `sha256:${string}`;

const pattern = /^sha256:[0-9a-f]{64}$/;

export const isDigest = (text: string): text is Digest => pattern.test(text);

/** SHA-256 of bytes, or of a string's UTF-8 bytes. */
export const digestBytes = (bytes: Uint8Array | string): Digest => `sha256:${hash('sha256', bytes, 'hex')}`;

/** As {@link digestBytes}, of the bytes of all chunks together. */
export function digestChunks(chunks: readonly Uint8Array[]): Digest {
  const together = createHash('sha256');
  for (const chunk of chunks) together.update(chunk);
  return `sha256:${together.digest('hex')}`;
}

/** SHA-256 of a value's canonical JSON (RFC 8785): equal values, equal digests. */
export const digestJson = (value: JsonValue): Digest => digestBytes(canonicalJson(value));
