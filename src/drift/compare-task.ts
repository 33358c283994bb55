import type { Column } from '../data/column.js';
import type { WorkerTask } from '../util/worker-task.js';
import type { ClusterPair } from './clusters.js';
import type { ColumnEffects } from './column-effects.js';
import { compareColumns } from './compare-columns.js';
import type { TestName } from './two-sample-tests.js';

/** A pair of columns on the way to a worker; their numbers lie in shared memory. */
export interface ColumnPair {
  readonly name: string;
  readonly baseline: Column | undefined;
  readonly current: Column | undefined;
  readonly rows: { readonly baseline: number; readonly current: number };
  readonly clusters?: ClusterPair | undefined;
  readonly tests?: readonly TestName[] | undefined;
}

export const compareTask: WorkerTask<ColumnPair, ColumnEffects> = { name: 'drift.compareColumns' };

/** The function behind {@link compareTask}. */
export const compareInWorker = ({ name, baseline, current, rows, clusters, tests }: ColumnPair): ColumnEffects =>
  compareColumns(name, baseline, current, rows, clusters, tests);
