import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonValue, assertJson, canonicalJson, withSortedKeys } from '../../src/util/json.js';

describe('canonicalJson', () => {
  it('sorts keys by UTF-16 code units, as the example of RFC 8785 section 3.2.3 does', () => {
    const value = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew',
      '1': 'One',
      '\ud83d\ude00': 'Emoji',
      '\u0080': 'Control',
      '\u00f6': 'o',
    };
    expect([...canonicalJson(value).matchAll(/:"(.*?)"/g)].map((match) => match[1])).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'o',
      'Euro Sign',
      'Emoji',
      'Hebrew',
    ]);
  });

  it('writes numbers as RFC 8785 appendix B lists them', () => {
    expect(canonicalJson([0, -0, 5e-324, 1e21, 333333333.3333332, 1e-7])).toBe(
      '[0,0,5e-324,1e+21,333333333.3333332,1e-7]',
    );
  });

  it('gives equal text for equal values, whatever the order of their keys', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ unit: 'grapheme' }).filter((key) => !['__proto__', 'constructor', 'prototype'].includes(key)),
          fc.integer(),
        ),
        (value) => {
          const reversed = Object.fromEntries(Object.entries(value).reverse());
          expect(canonicalJson(reversed)).toBe(canonicalJson(value));
          expect(JSON.parse(canonicalJson(value))).toEqual({ ...value });
        },
      ),
    );
  });
});

describe('assertJson', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  const refused: [string, unknown][] = [
    ['NaN', { a: NaN }],
    ['infinity', [1, Infinity]],
    ['undefined', { a: undefined }],
    ['a function', { a: () => 1 }],
    ['a class instance', { a: new Date(0) }],
    ['a bigint', 1n],
    ['a lone surrogate', 'a\ud800'],
    ['a key with a lone surrogate', { '\ud800': 1 }],
    ['__proto__ as a key', JSON.parse('{"__proto__": 1}')],
    ['constructor as a key', { constructor: 1 }],
    ['a cycle', cyclic],
  ];
  it.each(refused)('refuses %s', (_name, value) => {
    expect(() => assertJson(value)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
  });

  it('takes plain objects of another realm, such as what a worker sends where Jest runs tests, and no others', () => {
    const foreign = (code: string): unknown => runInNewContext(code);
    expect(() => assertJson(foreign('({ a: [{}] })'))).not.toThrow();
    for (const code of ['new Date(0)', 'new (class A {})()', 'new (class A { static x; })()'])
      expect(() => assertJson(foreign(code)), code).toThrow('is an instance of a class');
    expect(() => assertJson(Object.create(Object.create(null) as object))).toThrow('is an instance of a class');
  });

  it('names the place', () => {
    expect(() => assertJson({ a: [{ b: NaN }] }, 'detail')).toThrow('detail.a[0].b is NaN');
  });

  it('accepts every JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        fc.pre(!/__proto__|constructor|prototype/.test(JSON.stringify(value)));
        assertJson(value);
      }),
    );
  });
});

it('a value with sorted keys says the same, is canonical as JSON.stringify writes it, and is the value itself where it was', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (any) => {
      const value = any as JsonValue;
      fc.pre(!/"(__proto__|constructor|prototype)":/.test(JSON.stringify(value)));
      const sorted = withSortedKeys(value);
      expect(sorted).toEqual(value);
      expect(canonicalJson(sorted)).toBe(canonicalJson(value));
      expect(withSortedKeys(sorted)).toEqual(sorted);
    }),
  );
  expect(JSON.stringify(withSortedKeys([{ b: { d: 1, c: 2 }, a: [{ f: 1, e: 2 }] }]))).toBe(
    '[{"a":[{"e":2,"f":1}],"b":{"c":2,"d":1}}]',
  );
  const inOrder = { a: 1, b: { c: 2 } };
  expect(withSortedKeys(inOrder)).toBe(inOrder);
});
