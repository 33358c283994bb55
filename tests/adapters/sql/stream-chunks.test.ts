import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toChunks } from '../../../src/adapters/sql/stream-chunks.js';

it('chunks hold the values in order, each chunk as many as it says', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { maxLength: 30 }), (values) => {
      const chunks = [...toChunks(values.map((value) => JSON.stringify(value)))];
      const parsed = chunks.map(({ data }) => JSON.parse(data) as unknown[]);
      expect(parsed.map((chunk) => chunk.length)).toEqual(chunks.map(({ count }) => count));
      expect(JSON.stringify(parsed.flat())).toBe(JSON.stringify(values));
    }),
  );
});

it('a chunk holds at most 1,024 values and a mebibyte, unless one value alone is larger', () => {
  const counts = (texts: string[]): number[] => [...toChunks(texts)].map(({ count }) => count);
  expect(counts([])).toEqual([]);
  expect(counts(Array<string>(2_500).fill('1'))).toEqual([1_024, 1_024, 452]);
  const [half, large] = [JSON.stringify('x'.repeat(500_000)), JSON.stringify('x'.repeat(3_000_000))];
  expect(counts([half, half, half, large, '1', half])).toEqual([2, 1, 1, 2]);
});
