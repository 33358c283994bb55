import { describe, expect, it } from 'vitest';
import { checkFraction, checkName, checkOneOf, checkOptions, checkRelativePath } from '../../src/util/check.js';
import { nearest } from '../../src/util/nearest.js';

const invalid = expect.objectContaining({ code: 'INVALID_INPUT' }) as Error;

describe('checkRelativePath', () => {
  it.each([
    '../secret',
    'a/../../b',
    '/etc/passwd',
    'C:\\x',
    'a\\b',
    '%2e%2e/x',
    'a//b',
    './a',
    'a/.',
    'nul\u0000l',
    '',
  ])('refuses %j', (path) => {
    expect(() => checkRelativePath(path, 'name')).toThrow(invalid);
  });

  it('accepts plain paths', () => {
    expect(checkRelativePath('plots/roc curve.json', 'name')).toBe('plots/roc curve.json');
  });
});

describe('checkName', () => {
  it.each([
    ['empty', ''],
    ['blank', '  '],
    ['a newline', 'a\nb'],
    ['an escape', 'a\u001b[31m'],
    ['a line separator', 'a\u2028'],
    ['a lone surrogate', '\ud800'],
    ['too long', 'x'.repeat(251)],
    ['not a string', 7],
    ['__proto__', '__proto__'],
  ])('refuses %s', (_what, value) => {
    expect(() => checkName(value, 'modelName')).toThrow(invalid);
  });
});

describe('checks of choices and numbers', () => {
  it('lists what is allowed', () => {
    expect(() => checkOneOf('x', ['a', 'b'], 'status')).toThrow('status must be one of a, b, got "x"');
  });
  it('explains fractions', () => {
    for (const value of [-0.1, 1.1, NaN, '0.5']) expect(() => checkFraction(value, 'traffic')).toThrow(invalid);
    expect(checkFraction(0.05, 'traffic')).toBe(0.05);
  });
  it('refuses options nobody reads', () => {
    expect(() => checkOptions({ modelNam: 'x' }, ['modelName'], 'promoteModel')).toThrow('has no option "modelNam"');
  });
});

describe('nearest', () => {
  it('finds a misspelled word', () => {
    expect(nearest('benchmark_yeild', ['coupon', 'benchmark_yield'])).toBe('benchmark_yield');
  });
  it('does not guess wildly', () => {
    expect(nearest('price', ['coupon_rate', 'benchmark_yield'])).toBeUndefined();
  });
});
