import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMissingText, isPlainNumber, parseDate, parseNumber, parsePercent } from '../../src/data/cell.js';

const decimalText = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.stringMatching(/^\d{0,12}$/),
    fc.constantFrom('', '.'),
    fc.stringMatching(/^\d{0,9}$/),
  )
  .map((parts) => parts.join(''));

describe('parseNumber', () => {
  it('reads back every number that JavaScript prints', () => {
    fc.assert(fc.property(fc.double({ noNaN: true }), (value) => parseNumber(String(value)) === value));
  });

  it('agrees with Number on plain decimals to the last bit', () => {
    fc.assert(
      fc.property(decimalText, (text) => {
        const expected = /\d/.test(text) ? Number(text) : NaN;
        expect(Object.is(parseNumber(text), expected)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it.each(['', '-', '.', 'x', '1x', '1.2.3', '=1+1', '0x10', '2012-01-31', '1,5', '--1', ' '])(
    'does not read %j',
    (text) => {
      expect(parseNumber(text)).toBeNaN();
    },
  );

  it.each([
    [' 4.25 ', 4.25],
    ['+3', 3],
    ['-3.5', -3.5],
    ['1e-3', 0.001],
    ['.5', 0.5],
    ['12345678901234567890', 12345678901234567890],
    ['-Infinity', -Infinity],
    ['inf', Infinity],
  ])('reads %j', (text, value) => {
    expect(parseNumber(text)).toBe(value);
  });
});

describe('isPlainNumber', () => {
  it('vouches only for texts that printing gives back', () => {
    fc.assert(
      fc.property(fc.oneof(decimalText, fc.double({ noNaN: true }).map(String)), (text) => {
        fc.pre(!Number.isNaN(parseNumber(text)));
        if (isPlainNumber(text)) expect(String(parseNumber(text))).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['4.250', '007', '1e5', '-0', '1.'])('does not vouch for %s', (text) => {
    expect(isPlainNumber(text)).toBe(false);
  });

  it.each(['0', '4.25', '-12', '100', '0.001', '912828'])('vouches for %s', (text) => {
    expect(isPlainNumber(text)).toBe(true);
  });
});

describe('parseDate', () => {
  it('reads back what JavaScript prints', () => {
    const date = fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(fc.property(date, (at) => parseDate(at.toISOString()) === at.getTime()));
  });

  it.each([
    ['2012-02-29', '2012-02-29T00:00:00.000Z'],
    ['2012-02-29 13:45', '2012-02-29T13:45:00.000Z'],
    ['2012-02-29T13:45:10.123456', '2012-02-29T13:45:10.123Z'],
    ['2012-02-29T00:30:00+02:00', '2012-02-28T22:30:00.000Z'],
    ['2012-02-29T00:30:00-0530', '2012-02-29T06:00:00.000Z'],
    ['2012-02-29 00:30:00+02', '2012-02-28T22:30:00.000Z'],
    ['2012-02-29T00:30:00-05', '2012-02-29T05:30:00.000Z'],
    ['0001-01-01', '0001-01-01T00:00:00.000Z'],
  ])('reads %s as UTC unless told otherwise', (text, iso) => {
    expect(new Date(parseDate(text)).toISOString()).toBe(iso);
  });

  it.each(['2011-02-29', '2012-13-01', '2012-00-10', '2012-01-31T24:00', '20120131', '31.01.2012', '2012-1-1', ''])(
    'does not read %j',
    (text) => {
      expect(parseDate(text)).toBeNaN();
    },
  );
});

describe('parsePercent', () => {
  it('reads the number before the sign', () => {
    expect(parsePercent('4.250%')).toBe(4.25);
    expect(parsePercent('-1 % ')).toBe(-1);
    expect(parsePercent('4.25')).toBeNaN();
    expect(parsePercent('%')).toBeNaN();
  });
});

describe('isMissingText', () => {
  it('knows the usual spellings and no other', () => {
    for (const text of ['', ' ', 'NaN', 'nan', 'NA', 'N/A', 'null']) expect(isMissingText(text)).toBe(true);
    for (const text of ['0', 'none', 'n', 'NASA', 'false']) expect(isMissingText(text)).toBe(false);
  });
});
