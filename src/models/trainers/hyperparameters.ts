import { nearest } from '../../util/nearest.js';
import { refuse } from '../../util/check.js';
import type { JsonObject } from '../../util/json.js';

/** What a whole-number setting may be, and what it is unless told. */
export interface IntegerSetting {
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

/**
 * Settings of an algorithm as whole numbers, defaults filled in.
 *
 * @throws MLOpsError `INVALID_INPUT` for an unknown setting (with the nearest known one) or a value out of range
 */
export function readIntegers<K extends string>(
  algorithm: string,
  given: JsonObject,
  known: Readonly<Record<K, IntegerSetting>>,
): Readonly<Record<K, number>> {
  const names = Object.keys(known) as K[];
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(known, name)) continue;
    const near = nearest(name, names);
    const hint = near === undefined ? `it has ${names.join(', ')}` : `did you mean ${near}?`;
    refuse(`${algorithm} has no hyperparameter ${name}; ${hint}`);
  }
  const read = names.map((name) => {
    const { default: standard, min, max } = known[name];
    const value = given[name] ?? standard;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
      refuse(`${algorithm}: ${name} must be a whole number from ${min} to ${max}, got ${JSON.stringify(value)}`);
    }
    return [name, value] as const;
  });
  return Object.fromEntries(read) as Record<K, number>;
}
