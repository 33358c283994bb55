import type { SharedTable } from '../data/shared-columns.js';
import type { WorkerTask } from '../util/worker-task.js';
import type { TrainingRequest } from './contract.js';

/** A training request without what cannot cross to another thread. */
export interface TrainInput {
  readonly algorithm: string;
  readonly request: Omit<TrainingRequest, 'table' | 'validation' | 'random' | 'signal' | 'onProgress' | 'keepFile'>;
  readonly rows: SharedTable;
  readonly validation: SharedTable | undefined;
  /** Of the source of randomness. */
  readonly seed: string;
}

export interface TrainOutput {
  /** The model's JSON in UTF-8. */
  readonly json: Uint8Array<ArrayBuffer>;
  readonly warnings: readonly string[];
}

export const trainTask: WorkerTask<TrainInput, TrainOutput> = { name: 'models.train' };
