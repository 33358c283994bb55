import { newHeader, objectIdOf, seal, unseal } from '../../src/sealing/envelope.js';

export const key = Buffer.alloc(32, 9);
/** Plain bytes of a chunk. */
export const chunk = 1 << 18;

export async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const part of chunks) all.push(part);
  return Buffer.concat(all);
}

export async function sealBytes(plain: Uint8Array, pieceSize = 65_536): Promise<{ bytes: Buffer; id: string }> {
  const header = newHeader();
  return { bytes: await collect(seal(pieces(plain, pieceSize), key, header)), id: objectIdOf(header) };
}

export const open = (bytes: Uint8Array, id: string, pieceSize = 65_536, dataKey = key): Promise<Buffer> =>
  collect(unseal(pieces(bytes, pieceSize), dataKey, id, 'x'));

export const text = (length: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 0xff));
