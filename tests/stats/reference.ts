import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

/** Cases of tests/reference/<name>.json, made by generate.py from scipy, numpy and mpmath. */
export function referenceCases<Case>(name: string): Case[] {
  return JSON.parse(readFileSync(new URL(`../reference/${name}.json`, import.meta.url), 'utf8')) as Case[];
}

/** A number of a reference file, where infinities are strings. */
export const toNumber = (value: number | string): number => Number(value);

/** Relative agreement; an expected zero must be met to `tolerance` absolutely. */
export function expectClose(actual: number, expected: number, tolerance = 1e-10): void {
  if (actual === expected) return;
  const error = Math.abs(actual - expected) / (expected === 0 ? 1 : Math.abs(expected));
  expect(error, `got ${actual}, expected ${expected}`).toBeLessThanOrEqual(tolerance);
}
