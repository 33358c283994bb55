import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MLOpsError } from '@bondx/mlops';
import { newHeader, objectIdOf, seal, sealedSize, unseal } from '../../src/sealing/envelope.js';

const key = Buffer.alloc(32, 9);
const chunk = 1 << 18;

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const part of chunks) all.push(part);
  return Buffer.concat(all);
}

async function sealBytes(plain: Uint8Array, pieceSize = 65_536): Promise<{ bytes: Buffer; id: string }> {
  const header = newHeader();
  return { bytes: await collect(seal(pieces(plain, pieceSize), key, header)), id: objectIdOf(header) };
}

const open = (bytes: Uint8Array, id: string, pieceSize = 65_536, dataKey = key): Promise<Buffer> =>
  collect(unseal(pieces(bytes, pieceSize), dataKey, id, 'x'));

const text = (length: number): Buffer => Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 0xff));

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

  it('fails with a typed error for anything that is not one: 100,000 altered, cut and random inputs', async () => {
    const samples = await Promise.all([0, 1, 40, 200].map((length) => sealBytes(text(length))));
    let inputs = 0;
    const refused = async (bytes: Uint8Array, id: string): Promise<void> => {
      inputs++;
      const error: unknown = await open(bytes, id).then(
        () => 'was opened',
        (caught: unknown) => caught,
      );
      if (!(error instanceof MLOpsError) || error.code !== 'CORRUPT') throw new Error(String(error));
    };
    for (const { bytes, id } of samples) {
      for (let i = 0; i < bytes.length; i++) {
        await refused(bytes.subarray(0, i), id);
        for (let bit = 0; bit < 8; bit++) {
          const altered = Buffer.from(bytes);
          altered[i]! ^= 1 << bit;
          await refused(altered, id);
        }
      }
    }
    const arbitrary = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ maxLength: 200 }).map((rest) => Buffer.concat([samples[2]!.bytes.subarray(0, 28), rest])),
    );
    const wanted = 100_000 - inputs;
    for (const bytes of fc.sample(arbitrary, { numRuns: wanted, seed: 8 })) await refused(bytes, samples[2]!.id);
    expect(inputs).toBe(100_000);
  });
});
