import gt from 'semver/functions/gt.js';
import inc from 'semver/functions/inc.js';
import valid from 'semver/functions/valid.js';
import { describe, refuse } from '../util/check.js';

/** A semantic version (semver 2.0) such as `1.4.0`, as it is written. */
export function checkVersion(value: unknown): string {
  if (typeof value !== 'string' || valid(value) !== value) {
    refuse(`version must be a semantic version such as 1.4.0, got ${describe(value)}`);
  }
  return value;
}

/** The version after the highest one there is; `1.0.0` for the first. */
export function nextVersion(highest: string | null, step: 'patch' | 'minor'): string {
  const next = highest === null ? '1.0.0' : inc(highest, step);
  return valid(next) ?? refuse(`no version comes after ${highest}, whose numbers are as large as they get; choose one`);
}

export const higherVersion = (a: string | null, b: string): string => (a !== null && gt(a, b) ? a : b);
