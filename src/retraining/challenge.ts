import type { Table } from '../data/table.js';
import { metricsOf, numericTarget } from '../models/metrics/metrics-of.js';
import type { Model, Task } from '../models/model.js';
import { comparePaired } from '../stats/paired-comparison.js';
import type { Random } from '../util/random.js';
import type { ChallengeResult } from './retrain-result.js';
import type { TrainedModel } from './train-model.js';

/** A champion that may be unseated. */
export interface Champion {
  readonly version: string;
  readonly model: Model;
}

/** Of the interval of the difference. */
const confidence = 0.95;

/** Scores both models on the rows held back from training and puts an interval around the difference. */
export function challenge(challenger: TrainedModel, champion: Champion | undefined, random: Random): ChallengeResult {
  const { holdout, task, targetColumn, timeColumn } = challenger;
  const result = { holdoutRows: holdout.rowCount, split: challenger.split, challengerMetrics: challenger.metrics };
  if (champion === undefined) return result;
  const actual = numericTarget(holdout, targetColumn);
  const challengerScores = challenger.model.predictBatch(holdout);
  const championScores = champion.model.predictBatch(holdout);
  const clusters = timeColumn === undefined ? undefined : clustersOf(holdout, timeColumn);
  const comparison = comparePaired(losses(task, actual, challengerScores), losses(task, actual, championScores), {
    confidence,
    random,
    // With few time stamps their resampling says nothing; rows are the better approximation then.
    ...(clusters !== undefined && clusters.size >= 10 && { clusters: clusters.codes }),
  });
  return {
    ...result,
    championVersion: champion.version,
    championMetrics: metricsOf(task, actual, championScores),
    comparison: { ...comparison, loss: task === 'regression' ? 'absolute_error' : 'log_loss', confidence },
  };
}

function losses(task: Task, actual: Float64Array, predicted: Float64Array): Float64Array {
  return actual.map((truth, i) => {
    const said = predicted[i]!;
    if (task === 'regression') return Math.abs(truth - said);
    const likely = Math.min(1 - 1e-15, Math.max(1e-15, truth >= 0.5 ? said : 1 - said));
    return -Math.log(likely);
  });
}

/** The number of the cluster of each row, rows with one value of a column being one cluster. */
function clustersOf(table: Table, name: string): { readonly codes: Int32Array; readonly size: number } {
  const column = table.column(name);
  const numbers = new Map<number, number>();
  const codes = Int32Array.from(column.kind === 'categorical' ? column.codes : column.values, (cell) => {
    let code = numbers.get(cell);
    if (code === undefined) numbers.set(cell, (code = numbers.size));
    return code;
  });
  return { codes, size: numbers.size };
}
