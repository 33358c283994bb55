import type { DataProfile } from '../data/profile.js';
import type { Table } from '../data/table.js';
import type { AnyModel } from '../models/async-model.js';
import { metricsOf, numericTarget } from '../models/metrics/metrics-of.js';
import type { Task } from '../models/model.js';
import { predictInSteps } from '../models/predict-in-steps.js';
import { comparePaired } from '../stats/paired-comparison.js';
import type { Digest } from '../util/digest.js';
import { inSteps } from '../util/in-steps.js';
import type { JsonObject } from '../util/json.js';
import type { Random } from '../util/random.js';
import { aimOf, lossName, losses } from './losses.js';
import type { ChallengeResult } from './retrain-result.js';

/** The production version, which a challenger has to beat. */
export interface Champion {
  readonly version: string;
  /** Of its files. */
  readonly digest: Digest;
  readonly model: AnyModel;
  /** As registered. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly profile?: DataProfile;
}

/** The rows both are asked about. */
export interface ChallengeRows {
  readonly holdout: Table;
  readonly task: Task;
  readonly algorithm: string;
  /** Of the challenger, as far as they were set by hand. */
  readonly hyperparameters: JsonObject;
  readonly targetColumn: string;
  /** Rows of one time stamp are resampled together. */
  readonly timeColumn: string | null;
  /** How the holdout was chosen. */
  readonly split: string;
}

/** Of the interval of the difference. */
const confidence = 0.95;

/** Scores both models on the rows held back from training and puts an interval around the difference. */
export async function challenge(
  { holdout, task, algorithm, hyperparameters, targetColumn, timeColumn, split }: ChallengeRows,
  challenger: AnyModel,
  champion: Champion | undefined,
  random: Random,
): Promise<ChallengeResult> {
  const actual = numericTarget(holdout, targetColumn);
  const challengerScores = await predictInSteps(challenger, holdout);
  const challengerMetrics = metricsOf(task, actual, challengerScores);
  const result = { holdoutRows: holdout.rowCount, split, challengerMetrics };
  if (champion === undefined) return result;
  const championScores = await predictInSteps(champion.model, holdout);
  const clusters = timeColumn === null ? undefined : clustersOf(holdout, timeColumn);
  const aim = aimOf(task, algorithm, hyperparameters);
  const steps = comparePaired(losses(aim, actual, challengerScores), losses(aim, actual, championScores), {
    confidence,
    random,
    // With few time stamps their resampling says nothing; rows are the better approximation then.
    ...(clusters !== undefined && clusters.size >= 10 && { clusters: clusters.codes }),
  });
  const comparison = await inSteps(steps);
  return {
    ...result,
    championVersion: champion.version,
    championMetrics: metricsOf(task, actual, championScores),
    comparison: { ...comparison, loss: lossName(aim), confidence },
  };
}

/** Why a challenger is not taken, or undefined: the interval of the difference must lie below zero. */
export function reasonToReject({ comparison, championVersion }: ChallengeResult): string | undefined {
  if (comparison === undefined || comparison.upper < 0) return undefined;
  return `not proved better than ${championVersion}: ${describeDifference(comparison)}`;
}

export function reasonToAccept({ comparison, championVersion }: ChallengeResult): string {
  if (comparison === undefined) return 'the first version: there is nothing in production to compare with';
  return `better than ${championVersion}: ${describeDifference(comparison)}`;
}

function describeDifference(comparison: NonNullable<ChallengeResult['comparison']>): string {
  const { difference, lower, upper, loss, rows } = comparison;
  const [d, l, u] = [difference, lower, upper].map((value) => Number(value.toPrecision(4)));
  return `${loss.replace('_', ' ')} differs by ${d} (${l} to ${u}) on ${rows} rows`;
}

/** The number of the cluster of each row, rows with one value of a column being one cluster. */
export function clustersOf(table: Table, name: string): { readonly codes: Int32Array; readonly size: number } {
  const column = table.column(name);
  const numbers = new Map<number, number>();
  const codes = Int32Array.from(column.kind === 'categorical' ? column.codes : column.values, (cell) => {
    let code = numbers.get(cell);
    if (code === undefined) numbers.set(cell, (code = numbers.size));
    return code;
  });
  return { codes, size: numbers.size };
}
