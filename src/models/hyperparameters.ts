import { refuse } from '../util/check.js';
import type { JsonObject } from '../util/json.js';
import { nearest } from '../util/nearest.js';

/** A number a trainer can be told. */
export interface HyperparameterRange {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  /** Whether fractions are refused. */
  readonly isInteger?: boolean;
}

/**
 * Reads a trainer's hyperparameters. Values out of range are refused; names the trainer does not know are left alone
 * with a warning, for a policy may serve several algorithms.
 */
export function readHyperparameters<K extends string>(
  given: JsonObject,
  known: Readonly<Record<K, HyperparameterRange>>,
  algorithm: string,
): { values: Record<K, number>; warnings: string[] } {
  const names = Object.keys(known) as K[];
  const values = Object.fromEntries(
    names.map((name) => [name, checkRange(Object.hasOwn(given, name) ? given[name] : undefined, name, known[name])]),
  ) as Record<K, number>;
  const warnings = Object.keys(given)
    .filter((name) => !Object.hasOwn(known, name))
    .map((name) => {
      const guess = nearest(name, names);
      const hint = guess === undefined ? `it knows ${names.join(', ')}` : `did you mean ${guess}?`;
      return `${algorithm} ignores the hyperparameter ${name}; ${hint}`;
    });
  return { values, warnings };
}

function checkRange(value: unknown, name: string, range: HyperparameterRange): number {
  if (value === undefined) return range.default;
  const isFine =
    typeof value === 'number' &&
    value >= range.min &&
    value <= range.max &&
    (range.isInteger !== true || Number.isInteger(value));
  if (isFine) return value;
  const what = range.isInteger === true ? 'an integer' : 'a number';
  return refuse(
    `hyperparameter ${name} must be ${what} from ${range.min} to ${range.max}, got ${JSON.stringify(value)}`,
  );
}
