import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from '../../src/storage/cursor.js';
import type { OrderBy } from '../../src/storage/storage.js';
import { scalar, where } from '../adapters/arbitraries.js';

const orderOf = (length: number): OrderBy[] => Array.from({ length }, (_, i) => ({ field: `f${i}`, direction: 'asc' }));
const withoutSign = (value: unknown): unknown => (value === 0 ? 0 : value); // -0 and 0 are one place

it('a cursor leads back to the position it was made from', () => {
  fc.assert(
    fc.property(fc.array(scalar, { maxLength: 4 }), fc.string({ minLength: 1 }), where, (keys, id, condition) => {
      const orderBy = orderOf(keys.length);
      const cursor = encodeCursor({ keys, id }, 'c', condition, orderBy);
      expect(cursor).toMatch(/^[\w-]+$/);
      const position = decodeCursor(cursor, 'c', condition, orderBy);
      expect(position).toEqual({ keys: keys.map(withoutSign), id });
    }),
  );
});

it('cursors of queries that differ only in a number that JSON lacks are told apart', () => {
  const condition = (value: number) => ({ field: 'f', op: 'eq', value }) as const;
  const cursor = encodeCursor({ keys: [], id: 'a' }, 'c', condition(NaN), []);
  expect(() => decodeCursor(cursor, 'c', condition(Infinity), [])).toThrow('another query');
  expect(decodeCursor(cursor, 'c', condition(NaN), [])).toEqual({ keys: [], id: 'a' });
});

it('cursors that were tampered with are refused', () => {
  const cursor = encodeCursor({ keys: [1], id: 'a' }, 'c', undefined, orderOf(1));
  const [fingerprint] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [string];
  const tampered = [
    [fingerprint, [1, 2], 'a'],
    [fingerprint, [[]], 'a'],
    [fingerprint, [1], 7],
    [fingerprint],
    null,
    'x',
  ];
  for (const content of tampered) {
    const text = Buffer.from(JSON.stringify(content)).toString('base64url');
    expect(() => decodeCursor(text, 'c', undefined, orderOf(1)), JSON.stringify(content)).toThrow('malformed');
  }
});
