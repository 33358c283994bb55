import { createCipheriv, createDecipheriv } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newHeader, objectIdOf, seal, unseal } from '../../src/sealing/envelope.js';
import { chunk, collect, key, open, pieces, sealBytes, text } from './envelope-fixture.js';

const nonceOf = (number: number, isLast: boolean): Buffer =>
  Buffer.from(`0${isLast ? 1 : 0}000000${number.toString(16).padStart(16, '0')}`, 'hex');

/** The format of src/sealing/envelope.ts by its description alone. */
function sealByHand(header: Buffer, chunks: readonly Uint8Array[]): Buffer {
  const frames = chunks.map((plain, i) => {
    const nonce = nonceOf(i, i === chunks.length - 1);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.concat([header, nonce]));
    return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  });
  return Buffer.concat([header, ...frames]);
}

function openByHand(bytes: Buffer): Buffer {
  const [header, frames] = [bytes.subarray(0, 28), bytes.subarray(28)];
  const count = Math.ceil(frames.length / (chunk + 16));
  const chunks = Array.from({ length: count }, (_, i) => {
    const frame = frames.subarray(i * (chunk + 16), (i + 1) * (chunk + 16));
    const nonce = nonceOf(i, i === count - 1);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.concat([header, nonce]));
    decipher.setAuthTag(frame.subarray(-16));
    return Buffer.concat([decipher.update(frame.subarray(0, -16)), decipher.final()]);
  });
  return Buffer.concat(chunks);
}

describe('the format of an envelope', () => {
  it('is the one that is described', async () => {
    const plain = text(2 * chunk + 77);
    const { bytes, id } = await sealBytes(plain);
    expect(bytes.subarray(0, 12).toString('latin1')).toBe('BXSEALED\x01\x12\0\0');
    expect(id).toBe(bytes.subarray(12, 28).toString('hex'));
    expect(openByHand(bytes).equals(plain)).toBe(true);
    const chunks = [plain.subarray(0, chunk), plain.subarray(chunk, 2 * chunk), plain.subarray(2 * chunk)];
    expect(sealByHand(bytes.subarray(0, 28), chunks).equals(bytes)).toBe(true);
  });

  it('knows no other beginning, also where everything after it is authentic', async () => {
    for (let at = 0; at < 12; at++) {
      const header = newHeader();
      header[at]! ^= 1;
      const bytes = await collect(seal(pieces(text(10), 10), key, header));
      await expect(open(bytes, objectIdOf(header)), `byte ${at}`).rejects.toMatchObject({
        code: 'CORRUPT',
        message: expect.stringContaining('does not begin as encrypted content of a version that is known') as string,
      });
    }
  });

  it.each([0, 7, 12, 27])('is cut off in its first 28 bytes: after %i', async (length) => {
    const { bytes, id } = await sealBytes(text(10));
    await expect(open(bytes.subarray(0, length), id)).rejects.toThrow('does not begin as encrypted content');
  });

  it('has no empty chunk after another, though it be authentic', async () => {
    const header = newHeader();
    const full = text(chunk);
    const id = objectIdOf(header);
    expect((await open(sealByHand(header, [full]), id)).equals(full)).toBe(true);
    await expect(open(sealByHand(header, [full, new Uint8Array()]), id)).rejects.toThrow('it was cut off');
  });
});

describe('reading an envelope', () => {
  it('lets go of its source when it is given up, when it fails and when it ends', async () => {
    const { bytes, id } = await sealBytes(text(2 * chunk));
    let released = 0;
    async function* source(content: Uint8Array): AsyncGenerator<Uint8Array> {
      try {
        yield* pieces(content, 1000);
      } finally {
        released++;
      }
    }
    for await (const _first of unseal(source(bytes), key, id, 'x')) break;
    expect(released).toBe(1);
    await expect(collect(unseal(source(text(5000)), key, id, 'x'))).rejects.toMatchObject({ code: 'CORRUPT' });
    expect(released).toBe(2);
    await collect(unseal(source(bytes), key, id, 'x'));
    expect(released).toBe(3);
  });

  it('needs no more of a source than that it has a next', async () => {
    const { bytes, id } = await sealBytes(text(100));
    const parts = [bytes.subarray(0, 50), bytes.subarray(50)];
    const bare: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          const value = parts.shift();
          return value === undefined ? { done: true, value } : { done: false, value };
        },
      }),
    };
    expect((await collect(unseal(bare, key, id, 'x'))).equals(text(100))).toBe(true);
  });
});
