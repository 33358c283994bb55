import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { isError } from '../../src/util/is-error.js';

it('knows errors of another realm, as those of Node are where Jest runs tests', () => {
  const foreign: unknown = runInNewContext('class Failed extends Error {}; [new TypeError("x"), new Failed("x")]');
  for (const error of foreign as unknown[]) {
    expect(error).not.toBeInstanceOf(Error);
    expect(isError(error)).toBe(true);
  }
});

it('knows what signals are aborted for', () => {
  expect(isError(AbortSignal.abort().reason)).toBe(true);
});

it.each([undefined, null, 'x', { message: 'x', stack: '' }, Error])('does not take %s for one', (value) => {
  expect(isError(value)).toBe(false);
});
