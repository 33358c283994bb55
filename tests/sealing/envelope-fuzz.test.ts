import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MLOpsError } from '@bondx/mlops';
import { open, sealBytes, text } from './envelope-fixture.js';

it('what is no envelope fails with a typed error: 100,000 altered, cut and random inputs', async () => {
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
