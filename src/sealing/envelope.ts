import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { MLOpsError } from '../errors.js';

/**
 * The stored form of encrypted content:
 *
 *     header  28 bytes   "BXSEALED" · version 1 · log2 of the chunk size · 2 zero bytes · 16 random bytes, the object's id
 *     chunks             AES-256-GCM of up to 2^18 bytes each, followed by the tag of 16 bytes; the last may be shorter
 *
 * Every object has a random data key of its own, so nonces are counters: last flag (1 byte) ‖ 0 0 0 ‖ chunk number (8 bytes).
 * Authenticated with each chunk are the header, the chunk number and whether it is the last: chunks cannot be swapped,
 * repeated, left out, cut off or moved to another object.
 */
const magic = Buffer.from('BXSEALED', 'latin1');
const version = 1;
const chunkBits = 18;
const chunkBytes = 1 << chunkBits;
const headerBytes = 28;
const idBytes = 16;
const tagBytes = 16;

/** Bytes of a data key. */
export const dataKeyBytes = 32;

/** The beginning of a new object. */
export function newHeader(): Buffer {
  return Buffer.concat([magic, Buffer.from([version, chunkBits, 0, 0]), randomBytes(idBytes)]);
}

/** Identifies an object: what its data key is bound to. */
export const objectIdOf = (header: Uint8Array): string => Buffer.from(header.subarray(-idBytes)).toString('hex');

/** Bytes of the stored form of so many bytes. */
export const sealedSize = (plainBytes: number): number =>
  headerBytes + plainBytes + tagBytes * Math.max(1, Math.ceil(plainBytes / chunkBytes));

/** Encrypts content of any length with memory bounded by a chunk. */
export async function* seal(
  content: AsyncIterable<Uint8Array>,
  dataKey: Uint8Array,
  header: Uint8Array,
): AsyncGenerator<Uint8Array> {
  yield header;
  let number = 0;
  // A chunk is kept back until more comes: only then is it known not to be the last.
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let filled = 0;
  for await (const bytes of content) {
    for (let at = 0; at < bytes.byteLength;) {
      if (filled === chunkBytes) {
        yield* sealChunk(chunk, dataKey, header, number++, false);
        filled = 0;
      }
      const part = bytes.subarray(at, at + chunkBytes - filled);
      chunk.set(part, filled);
      filled += part.byteLength;
      at += part.byteLength;
    }
  }
  yield* sealChunk(chunk.subarray(0, filled), dataKey, header, number, true);
}

function* sealChunk(chunk: Uint8Array, key: Uint8Array, header: Uint8Array, number: number, isLast: boolean) {
  const nonce = nonceOf(number, isLast);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.concat([header, nonce]));
  yield cipher.update(chunk);
  cipher.final(); // GCM has nothing left to say
  yield cipher.getAuthTag();
}

/**
 * Decrypts what {@link seal} gave. Each chunk is authentic when it is handed on; that there are no more is known at the end
 * only.
 *
 * @param name what messages call the content
 * @throws MLOpsError `CORRUPT` for anything else
 */
export async function* unseal(
  sealed: AsyncIterable<Uint8Array>,
  dataKey: Uint8Array,
  objectId: string,
  name: string,
): AsyncGenerator<Uint8Array> {
  const frames = framesOf(sealed);
  try {
    const header = Buffer.from((await frames.next(headerBytes)).bytes);
    checkHeader(header, objectId, name);
    for (let number = 0, isLast = false; !isLast; number++) {
      const frame = await frames.next(chunkBytes + tagBytes);
      isLast = frame.isLast;
      yield openChunk(frame.bytes, dataKey, header, number, isLast, name);
    }
  } finally {
    await frames.end();
  }
}

function checkHeader(header: Uint8Array, objectId: string, name: string): void {
  const isKnown = header.byteLength === headerBytes && magic.equals(header.subarray(0, magic.length));
  if (!isKnown || header[8] !== version || header[9] !== chunkBits || header[10] !== 0 || header[11] !== 0) {
    throw damaged(name, 'it does not begin as encrypted content of a version that is known here');
  }
  if (objectIdOf(header) !== objectId) throw damaged(name, 'it is the content of something else');
}

function openChunk(
  frame: Uint8Array,
  key: Uint8Array,
  header: Uint8Array,
  number: number,
  isLast: boolean,
  name: string,
): Buffer {
  const tagAt = frame.byteLength - tagBytes;
  if (tagAt < 0 || (tagAt === 0 && number > 0)) throw damaged(name, 'it was cut off');
  const nonce = nonceOf(number, isLast);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(Buffer.concat([header, nonce]));
  decipher.setAuthTag(frame.subarray(tagAt));
  try {
    const chunk = decipher.update(frame.subarray(0, tagAt));
    decipher.final();
    return chunk;
  } catch {
    throw damaged(name, `chunk ${number} was altered, or the content ends elsewhere than it should`);
  }
}

function nonceOf(number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce[0] = isLast ? 1 : 0;
  nonce.writeBigUInt64BE(BigInt(number), 4);
  return nonce;
}

const damaged = (name: string, what: string): MLOpsError =>
  new MLOpsError('CORRUPT', `${name} cannot be decrypted: ${what}; restore it from a backup`);

/**
 * Cuts a stream into pieces of the sizes asked for; the last piece may be shorter, and is known to be the last. A piece is
 * good until the next is asked for: they share one buffer.
 */
function framesOf(source: AsyncIterable<Uint8Array>) {
  const iterator: AsyncIterator<Uint8Array, unknown> = source[Symbol.asyncIterator]();
  const frame = Buffer.allocUnsafe(chunkBytes + tagBytes);
  let part: Uint8Array = new Uint8Array();
  let at = 0;
  let isDone = false;
  /** Whether there are bytes that were not handed out. */
  const hasMore = async (): Promise<boolean> => {
    while (at === part.byteLength && !isDone) {
      const next = await iterator.next();
      if (next.done === true) isDone = true;
      else [part, at] = [next.value, 0];
    }
    return at < part.byteLength;
  };
  return {
    /** Lets go of the source. */
    end: async (): Promise<void> => {
      await iterator.return?.();
    },
    async next(size: number): Promise<{ readonly bytes: Buffer; readonly isLast: boolean }> {
      let filled = 0;
      while (filled < size && (await hasMore())) {
        const piece = part.subarray(at, at + size - filled);
        frame.set(piece, filled);
        filled += piece.byteLength;
        at += piece.byteLength;
      }
      return { bytes: frame.subarray(0, filled), isLast: !(await hasMore()) };
    },
  };
}
