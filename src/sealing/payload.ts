import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { MLOpsError } from '../errors.js';
import type { JsonValue } from '../util/json.js';

const nonceBytes = 12;
const tagBytes = 16;

/**
 * Encrypts a small value as base64 of: nonce (12 random bytes) · AES-256-GCM of its JSON · tag (16 bytes). A key takes up
 * to 2^32 values.
 *
 * @param place what the value belongs to, such as a collection and an id; authenticated: it opens nowhere else
 */
export function sealPayload(value: JsonValue, dataKey: Uint8Array, place: string): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', dataKey, nonce, { authTagLength: tagBytes });
  cipher.setAAD(contextOf(place));
  const content = [cipher.update(JSON.stringify(value), 'utf8'), cipher.final()];
  return Buffer.concat([nonce, ...content, cipher.getAuthTag()]).toString('base64');
}

/** @throws MLOpsError `CORRUPT` for anything but what {@link sealPayload} made with this key for this place */
export function openPayload(sealed: string, dataKey: Uint8Array, place: string): JsonValue {
  const bytes = Buffer.from(sealed, 'base64');
  try {
    const nonce = bytes.subarray(0, nonceBytes);
    const decipher = createDecipheriv('aes-256-gcm', dataKey, nonce, { authTagLength: tagBytes });
    decipher.setAAD(contextOf(place));
    decipher.setAuthTag(bytes.subarray(-tagBytes));
    const content = decipher.update(bytes.subarray(nonceBytes, -tagBytes));
    return JSON.parse(Buffer.concat([content, decipher.final()]).toString('utf8')) as JsonValue;
  } catch {
    throw new MLOpsError('CORRUPT', `${place} cannot be decrypted: it was altered; restore it from a backup`);
  }
}

const contextOf = (place: string): Buffer => Buffer.from(`bondx-mlops payload v1\0${place}`, 'utf8');
