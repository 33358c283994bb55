import { MLOpsError } from '../errors.js';
import { nearest } from '../util/nearest.js';
import { cartTrainer } from './cart-trainer.js';
import type { Trainer } from './contract.js';
import { gradientBoostingTrainer } from './gradient-boosting-trainer.js';
import { randomForestTrainer } from './random-forest-trainer.js';

export type { MonotoneDirection, Trainer, TrainingRequest, TrainingResult } from './contract.js';

/** The trainers that come with the library, by algorithm. */
export const builtInTrainers: ReadonlyMap<string, Trainer> = new Map(
  [cartTrainer, randomForestTrainer, gradientBoostingTrainer].map((trainer) => [trainer.algorithm, trainer]),
);

/** @throws MLOpsError `NOT_FOUND` that lists the known algorithms */
export function trainerFor(algorithm: string): Trainer;
export function trainerFor<M>(algorithm: string, trainers: ReadonlyMap<string, Trainer<M>>): Trainer<M>;
export function trainerFor(algorithm: string, trainers: ReadonlyMap<string, unknown> = builtInTrainers): unknown {
  const trainer = trainers.get(algorithm);
  if (trainer !== undefined) return trainer;
  const guess = nearest(algorithm, trainers.keys());
  const hint = guess === undefined ? '' : `; did you mean ${guess}?`;
  throw new MLOpsError(
    'NOT_FOUND',
    `there is no trainer ${JSON.stringify(algorithm)}, only ${[...trainers.keys()].join(', ')}${hint}`,
  );
}
