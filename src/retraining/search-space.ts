import type { JsonObject } from '../util/json.js';
import type { Random } from '../util/random.js';

/** Where one hyperparameter is looked for. */
export interface SearchRange {
  readonly min: number;
  readonly max: number;
  /** `log` looks as often between 1 and 10 as between 10 and 100. */
  readonly scale: 'linear' | 'log';
  readonly isInteger?: boolean;
}

/** Hyperparameters to try, each with its values. */
export type SearchSpace = Readonly<Record<string, SearchRange>>;

/**
 * What tuning varies, by algorithm. `random_forest` is left out: it takes many seconds a training at a few thousand rows,
 * and its defaults are seldom far off. Trainers of one's own are tuned when their space is passed in.
 */
export const searchSpaces: Readonly<Record<string, SearchSpace>> = {
  cart: {
    max_depth: { min: 2, max: 14, scale: 'linear', isInteger: true },
    min_samples_split: { min: 4, max: 400, scale: 'log', isInteger: true },
  },
  gradient_boosting: {
    learning_rate: { min: 0.02, max: 0.3, scale: 'log' },
    max_leaf_nodes: { min: 7, max: 63, scale: 'log', isInteger: true },
    min_samples_leaf: { min: 5, max: 100, scale: 'log', isInteger: true },
    l2_regularization: { min: 0.001, max: 10, scale: 'log' },
    max_features: { min: 0.5, max: 1, scale: 'linear' },
  },
};

/** A point of the space at random, except where a hyperparameter is fixed. */
export function drawCandidate(space: SearchSpace, fixed: JsonObject, random: Random): JsonObject {
  const drawn = Object.entries(space)
    .filter(([name]) => !Object.hasOwn(fixed, name))
    .map(([name, range]): [string, number] => [name, draw(range, random)]);
  return { ...Object.fromEntries(drawn), ...fixed };
}

function draw({ min, max, scale, isInteger }: SearchRange, random: Random): number {
  const share = random.next();
  const value = scale === 'linear' ? min + share * (max - min) : min * (max / min) ** share;
  return isInteger === true ? Math.round(value) : Number(value.toPrecision(4));
}
