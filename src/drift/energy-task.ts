import { energyTest, type EnergyTestResult } from '../stats/energy-distance.js';
import { createRandom } from '../util/random.js';
import type { WorkerTask } from '../util/worker-task.js';

/** Columns of both samples, on comparable scales. */
export interface EnergyInput {
  readonly reference: readonly Float64Array[];
  readonly current: readonly Float64Array[];
  readonly seed: string;
}

/** Some hundred permutations of a matrix of distances: too long for the event loop. */
export const energyTask: WorkerTask<EnergyInput, EnergyTestResult> = { name: 'drift.energyTest' };

/** The function behind {@link energyTask}. */
export const energyInWorker = ({ reference, current, seed }: EnergyInput): EnergyTestResult =>
  energyTest(reference, current, { random: createRandom(seed) });
