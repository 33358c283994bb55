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

/** A text a trainer can be told. */
export interface HyperparameterChoice<T extends string = string> {
  readonly default: T;
  readonly choices: readonly T[];
}

type Known = Readonly<Record<string, HyperparameterRange | HyperparameterChoice>>;

/** The values of known hyperparameters. */
export type HyperparameterValues<K extends Known> = {
  readonly [N in keyof K]: K[N] extends HyperparameterChoice<infer T> ? T : number;
};

/**
 * Reads a trainer's hyperparameters. Values out of range are refused; names the trainer does not know are left alone
 * with a warning, for a policy may serve several algorithms.
 */
export function readHyperparameters<const K extends Known>(
  given: JsonObject,
  known: K,
  algorithm: string,
): { values: HyperparameterValues<K>; warnings: string[] } {
  const names = Object.keys(known);
  const values = Object.fromEntries(
    names.map((name) => [name, checkValue(Object.hasOwn(given, name) ? given[name] : undefined, name, known[name]!)]),
  ) as HyperparameterValues<K>;
  const warnings = Object.keys(given)
    .filter((name) => !Object.hasOwn(known, name))
    .map((name) => {
      const guess = nearest(name, names);
      const hint = guess === undefined ? `it knows ${names.join(', ')}` : `did you mean ${guess}?`;
      return `${algorithm} ignores the hyperparameter ${name}; ${hint}`;
    });
  return { values, warnings };
}

function checkValue(value: unknown, name: string, known: HyperparameterRange | HyperparameterChoice): number | string {
  if (value === undefined) return known.default;
  if ('choices' in known) {
    const found = known.choices.find((choice) => choice === value);
    return (
      found ?? refuse(`hyperparameter ${name} must be one of ${known.choices.join(', ')}, got ${JSON.stringify(value)}`)
    );
  }
  const isFine =
    typeof value === 'number' &&
    value >= known.min &&
    value <= known.max &&
    (known.isInteger !== true || Number.isInteger(value));
  if (isFine) return value;
  const what = known.isInteger === true ? 'an integer' : 'a number';
  return refuse(
    `hyperparameter ${name} must be ${what} from ${known.min} to ${known.max}, got ${JSON.stringify(value)}`,
  );
}
