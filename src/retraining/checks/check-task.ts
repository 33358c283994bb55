import { type SharedTable, sharedTable } from '../../data/shared-columns.js';
import { createRandom } from '../../util/random.js';
import type { WorkerTask } from '../../util/worker-task.js';
import type { DataFinding } from '../retrain-result.js';
import { checkData } from './check-data.js';
import type { CheckInputs } from './check-inputs.js';

/** What the checks look at, without what cannot cross to another thread. */
export interface CheckTaskInput extends Omit<CheckInputs, 'data' | 'train' | 'holdout' | 'random'> {
  readonly data: SharedTable;
  readonly train: SharedTable;
  readonly holdout: SharedTable;
  /** Of the source of randomness. */
  readonly seed: string;
  readonly accepted: readonly string[];
}

export const checkTask: WorkerTask<CheckTaskInput, readonly DataFinding[]> = { name: 'retraining.checkData' };

/** The function behind {@link checkTask}. */
export const checkHere = ({ data, train, holdout, seed, accepted, ...rest }: CheckTaskInput) =>
  checkData(
    {
      ...rest,
      data: sharedTable(data),
      train: sharedTable(train),
      holdout: sharedTable(holdout),
      random: createRandom(seed),
    },
    accepted,
  );
