import { type Fold, forwardFolds, randomFolds } from '../data/folds.js';
import type { Table } from '../data/table.js';
import { type AnyModel, closeModel } from '../models/async-model.js';
import type { Task, Trainer } from '../models/contract.js';
import { metricsOf } from '../models/metrics/metrics-of.js';
import { numericTarget } from '../models/target.js';
import type { JsonObject } from '../util/json.js';
import type { Random } from '../util/random.js';
import type { CrossValidationResult } from './retrain-result.js';

/** Fewer rows than this on either side of a fold decide nothing. */
const minRows = 20;

export interface CrossValidateOptions {
  readonly trainer: Trainer<AnyModel>;
  readonly table: Table;
  readonly task: Task;
  readonly featureColumns: readonly string[];
  readonly targetColumn: string;
  /** Null draws the folds at random. */
  readonly timeColumn: string | null;
  readonly hyperparameters: JsonObject;
  readonly folds: number;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly onProgress: (fraction: number) => void;
}

/**
 * How much the quality varies from one part of the training rows to the next: over later and later parts when there is a
 * time column, over random ones (of each class alike) otherwise. Folds too small to decide anything are left out.
 */
export async function crossValidate(options: CrossValidateOptions): Promise<CrossValidationResult> {
  const { trainer, table, task, featureColumns, targetColumn, random } = options;
  const folds = drawFolds(options).filter(({ train, test }) => train.length >= minRows && test.length >= minRows);
  const perFold: Record<string, number>[] = [];
  for (const [i, fold] of folds.entries()) {
    const { model } = await trainer.train({
      table: table.take(fold.train),
      targetColumn,
      featureColumns,
      task,
      hyperparameters: options.hyperparameters,
      random: random.split(`fold/${i}`),
      signal: options.signal,
      onProgress: (fraction) => options.onProgress((i + fraction) / folds.length),
    });
    const test = table.take(fold.test);
    perFold.push(metricsOf(task, numericTarget(test, targetColumn), await model.predictBatch(test)));
    await closeModel(model);
  }
  return {
    folds: folds.length,
    method: options.timeColumn === null ? 'random' : 'forward_chaining',
    metrics: Object.fromEntries(sharedNames(perFold).map((name) => [name, spread(perFold.map((fold) => fold[name]!))])),
  };
}

function drawFolds({ table, task, targetColumn, timeColumn, folds, random }: CrossValidateOptions): readonly Fold[] {
  if (timeColumn !== null) {
    const column = table.column(timeColumn);
    return column.kind === 'categorical' ? [] : forwardFolds(column.values, folds);
  }
  const classes = task === 'classification' ? numericTarget(table, targetColumn) : new Uint8Array(table.rowCount);
  return randomFolds(classes, folds, random.split('folds'));
}

/** Metrics that every fold has: some mean nothing where only one class occurs. */
const sharedNames = (perFold: readonly Record<string, number>[]): string[] =>
  Object.keys(perFold[0] ?? {}).filter((name) => perFold.every((fold) => Number.isFinite(fold[name])));

function spread(values: readonly number[]): { mean: number; standardDeviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, standardDeviation: Math.sqrt(variance) };
}
