import { refuse } from '../util/check.js';
import type { Trainer } from './trainer.js';
import { cartTrainer } from './trainers/cart.js';
import { randomForestTrainer } from './trainers/random-forest.js';

const trainers: Readonly<Record<string, Trainer>> = { cart: cartTrainer, random_forest: randomForestTrainer };

/** @throws MLOpsError `INVALID_INPUT` that lists the algorithms there are */
export function trainerFor(algorithm: string): Trainer {
  return Object.hasOwn(trainers, algorithm)
    ? trainers[algorithm]!
    : refuse(`unknown algorithm ${JSON.stringify(algorithm)}; known are ${Object.keys(trainers).join(', ')}`);
}
