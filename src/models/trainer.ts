import { MLOpsError } from '../errors.js';
import { nearest } from '../util/nearest.js';
import { trainersHere } from './built-in-trainers.js';
import type { Trainer } from './contract.js';
import { inBackground } from './train-in-background.js';

export type { MonotoneDirection, Trainer, TrainingRequest, TrainingResult } from './contract.js';

/** The trainers that come with the library, by algorithm. With many rows they work in a thread of their own. */
export const builtInTrainers: ReadonlyMap<string, Trainer> = new Map(
  Array.from(trainersHere, ([algorithm, trainer]) => [algorithm, inBackground(trainer)]),
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
