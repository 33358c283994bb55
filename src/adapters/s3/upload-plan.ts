import { createHash } from 'node:crypto';
import type { ArtifactRef } from '../../storage/artifact-store.js';
import type { Spool } from './spool.js';

/** Content above this size goes up in parts of this size, bytes. */
export const partBytes = 8 * 1024 * 1024;

/** An object has at most 10,000 parts. */
export const maxObjectBytes = 10_000 * partBytes;

export interface UploadPart {
  /** Counts from 1. */
  readonly number: number;
  readonly start: number;
  readonly length: number;
  /** SHA-256, base64. */
  readonly checksum: string;
}

/** How content goes up, and the checksum that the object store then has for it. */
export interface UploadPlan {
  readonly ref: ArtifactRef;
  readonly content: Spool;
  /** One when the content goes up whole. */
  readonly parts: readonly UploadPart[];
  /**
   * SHA-256, base64: of the content, or of the SHA-256 values of its parts; see "composite checksums" at
   * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
   */
  readonly checksum: string;
}

export async function planUpload(ref: ArtifactRef, content: Spool): Promise<UploadPlan> {
  if (ref.size <= partBytes) {
    const checksum = Buffer.from(ref.digest.slice('sha256:'.length), 'hex').toString('base64');
    return { ref, content, checksum, parts: [{ number: 1, start: 0, length: ref.size, checksum }] };
  }
  const parts: UploadPart[] = [];
  const whole = createHash('sha256');
  for (let start = 0; start < ref.size; start += partBytes) {
    const length = Math.min(partBytes, ref.size - start);
    const hash = createHash('sha256')
      .update(await content.read(start, length))
      .digest();
    whole.update(hash);
    parts.push({ number: parts.length + 1, start, length, checksum: hash.toString('base64') });
  }
  return { ref, content, parts, checksum: whole.digest('base64') };
}
