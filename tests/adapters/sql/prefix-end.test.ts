import fc from 'fast-check';
import { expect, it } from 'vitest';
import { prefixEnd } from '../../../src/adapters/sql/conditions.js';

const text = fc.string({ unit: 'binary', maxLength: 4 });
const bytes = (string: string): Buffer => Buffer.from(string);

it('strings from a prefix to just before its end, by UTF-8 bytes, are those that start with it', () => {
  const anyText = fc.oneof(
    text,
    fc.tuple(text, text).map(([a, b]) => a + b),
  );
  fc.assert(
    fc.property(text, anyText, fc.boolean(), (prefix, other, extend) => {
      const string = extend ? prefix + other : other;
      const end = prefixEnd(prefix);
      const isWithin =
        bytes(string).compare(bytes(prefix)) >= 0 && (end === undefined || bytes(string).compare(bytes(end)) < 0);
      expect(isWithin).toBe(string.startsWith(prefix));
    }),
    { numRuns: 2_000 },
  );
});

it.each([
  ['', undefined],
  ['a', 'b'],
  ['a\u{10ffff}', 'b'],
  ['\u{10ffff}\u{10ffff}', undefined],
  ['\u{d7ff}', '\u{e000}'],
  ['x\u{ffff}', 'x\u{10000}'],
])('the end of %j is %j', (prefix, end) => {
  expect(prefixEnd(prefix)).toBe(end);
});
