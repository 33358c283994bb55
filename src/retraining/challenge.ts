import type { DataProfile } from '../data/profile.js';
import type { Table } from '../data/table.js';
import type { AnyModel } from '../models/async-model.js';
import { numericTarget } from '../models/metrics/metrics-of.js';
import type { Task } from '../models/model.js';
import { predictInSteps } from '../models/predict-in-steps.js';
import { normal975 } from '../stats/distributions/student-t.js';
import { comparePaired } from '../stats/paired-comparison.js';
import { refuse } from '../util/check.js';
import type { Digest } from '../util/digest.js';
import type { JsonObject } from '../util/json.js';
import { holdoutMetrics } from './holdout-metrics.js';
import { aimOf, lossName, losses, outcomeVariance } from './losses.js';
import type { ChallengeResult } from './retrain-result.js';
import { timeClusters, together } from './time-clusters.js';

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
  /** Rows of one time stamp go together. */
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
): Promise<ChallengeResult> {
  const actual = numericTarget(holdout, targetColumn);
  const challengerScores = await predictInSteps(challenger, holdout);
  const times = timeClusters(holdout, timeColumn);
  const challengerMetrics = holdoutMetrics(task, actual, challengerScores, times);
  for (const [name, value] of Object.entries(challengerMetrics))
    if (!Number.isFinite(value))
      refuse(`${name} of the challenger is ${value}: its predictions are too large to judge it by`);
  const result = { holdoutRows: holdout.rowCount, split, challengerMetrics };
  if (champion === undefined) return result;
  const championScores = await predictInSteps(champion.model, holdout);
  const aim = aimOf(task, algorithm, hyperparameters);
  const found = comparePaired(losses(aim, actual, challengerScores), losses(aim, actual, championScores), {
    confidence,
    ...together(times),
  });
  const margin = normal975 * Math.sqrt(outcomeVariance(aim, challengerScores, championScores));
  const lower = Math.min(found.lower, found.difference - margin);
  const upper = Math.max(found.upper, found.difference + margin);
  return {
    ...result,
    championVersion: champion.version,
    championMetrics: holdoutMetrics(task, actual, championScores, times),
    comparison: { ...found, lower, upper, loss: lossName(aim), confidence },
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
