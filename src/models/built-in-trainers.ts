import { cartTrainer } from './cart-trainer.js';
import type { Trainer } from './contract.js';
import { extraForestTrainer } from './extra-forest-trainer.js';
import { gradientBoostingTrainer } from './gradient-boosting-trainer.js';
import { randomForestTrainer } from './random-forest-trainer.js';

/** The trainers that come with the library, by algorithm; each works in the thread that calls it. */
export const trainersHere: ReadonlyMap<string, Trainer> = new Map(
  [cartTrainer, randomForestTrainer, extraForestTrainer, gradientBoostingTrainer].map((trainer) => [
    trainer.algorithm,
    trainer,
  ]),
);
