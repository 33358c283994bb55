import { MLOpsError } from '../../errors.js';
import { type FeatureEncoding, FeatureEncoder, fitEncodings } from '../feature-encoder.js';
import { numericTarget } from '../metrics/metrics-of.js';
import type { TrainingRequest } from '../trainer.js';

/** Training data in the shape the tree libraries take: an array a row. */
export interface TrainingMatrix {
  readonly encodings: readonly FeatureEncoding[];
  readonly rows: readonly (readonly number[])[];
  readonly target: number[];
}

export function trainingMatrix(request: TrainingRequest): TrainingMatrix {
  const { table, featureColumns, targetColumn, task } = request;
  const target = numericTarget(table, targetColumn);
  if (task === 'classification' && target.some((value) => value !== 0 && value !== 1)) {
    throw new MLOpsError('INVALID_INPUT', `${targetColumn} must hold 0 and 1 for a classification`);
  }
  const encodings = fitEncodings(table, featureColumns, target);
  const columns = new FeatureEncoder(encodings).encodeTable(table);
  const rows = Array.from(target, (_, row) => columns.map((column) => column[row]!));
  return { encodings, rows, target: Array.from(target) };
}

/**
 * Seconds per row² and feature that ml-cart takes for one tree on the machine it was measured on: it tries every row as
 * a split and scans all rows for each.
 */
const secondsPerUnit = 2.1e-8;
const worthAWarning = 10;

/** A warning when training will take long, with an estimate: these libraries are for small data. */
export function slowTrainingWarning(algorithm: string, rows: number, features: number, trees: number): string[] {
  const seconds = secondsPerUnit * rows * rows * features * trees;
  if (seconds < worthAWarning) return [];
  return [
    `${algorithm} needs about ${Math.round(seconds)} s for ${rows} rows and ${features} features; ` +
      'its time grows with the square of the rows: use fewer rows or trees',
  ];
}

/** Lets timers and other requests run, then stops if asked to. */
export async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  if (signal?.aborted === true) throw new MLOpsError('ABORTED', 'training was cancelled; nothing was registered');
}
