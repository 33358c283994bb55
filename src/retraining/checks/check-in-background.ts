import { shareTable } from '../../data/shared-columns.js';
import { runInWorker } from '../../util/run-in-worker.js';
import type { DataFinding } from '../retrain-result.js';
import { checkData } from './check-data.js';
import type { CheckInputs } from './check-inputs.js';
import { type CheckTaskInput, checkTask } from './check-task.js';

/** Values from which the checks are worth a thread: they take seconds for a million. */
const threadFrom = 200_000;

/**
 * {@link checkData}, with many rows in a thread of its own; the findings are the same.
 *
 * @throws MLOpsError `ABORTED`
 */
export async function checkInBackground(
  inputs: CheckInputs,
  accepted: readonly string[],
  signal: AbortSignal,
): Promise<readonly DataFinding[]> {
  const { data, train, holdout, random, ...rest } = inputs;
  const { seed } = random;
  if (data.rowCount * data.columns.size < threadFrom || seed === undefined) return checkData(inputs, accepted);
  const input: CheckTaskInput = {
    ...rest,
    data: await shareTable(data, { signal }),
    train: await shareTable(train, { signal }),
    holdout: await shareTable(holdout, { signal }),
    seed,
    accepted,
  };
  return runInWorker(checkTask, input, { signal });
}
