import { describe, expect, it } from 'vitest';
import { sealedSize } from '../../src/sealing/envelope.js';
import { chunk, open, sealBytes, text } from './envelope-fixture.js';

describe('an envelope', () => {
  it.each([0, 1, 15, 16, 17, chunk - 1, chunk, chunk + 1, 2 * chunk, 2 * chunk + 12_345])(
    'gives back %i bytes, however they are cut',
    async (length) => {
      const plain = text(length);
      const { bytes, id } = await sealBytes(plain, 10_007);
      expect(bytes.length).toBe(sealedSize(length));
      for (const pieceSize of [4_099, 262_160, 10_000_000]) {
        expect((await open(bytes, id, pieceSize)).equals(plain)).toBe(true);
      }
    },
  );

  it('opens with its own key and as its own object only', async () => {
    const { bytes, id } = await sealBytes(text(100));
    await expect(open(bytes, id, 100, Buffer.alloc(32))).rejects.toMatchObject({ code: 'CORRUPT' });
    await expect(open(bytes, '0'.repeat(32))).rejects.toMatchObject({ code: 'CORRUPT' });
  });

  it('notices chunks that were swapped, repeated, left out, cut off, added or moved to another object', async () => {
    const { bytes, id } = await sealBytes(text(3 * chunk));
    const frame = (n: number): Buffer => bytes.subarray(28 + n * (chunk + 16), 28 + (n + 1) * (chunk + 16));
    const header = bytes.subarray(0, 28);
    const other = await sealBytes(text(3 * chunk));
    const attacks: Buffer[][] = [
      [header, frame(1), frame(0), frame(2)],
      [header, frame(0), frame(0), frame(2)],
      [header, frame(0), frame(2)],
      [header, frame(0), frame(1)],
      [header, frame(0)],
      [header],
      [],
      [bytes, frame(2)],
      [bytes, Buffer.from('x')],
      [header, frame(0), frame(1), frame(2).subarray(0, -1)],
      [header, frame(0), frame(1), frame(2).subarray(0, 4)],
      [header, other.bytes.subarray(28)],
    ];
    for (const parts of attacks)
      await expect(open(Buffer.concat(parts), id)).rejects.toMatchObject({ code: 'CORRUPT' });
  });
});
