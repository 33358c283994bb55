import { takeFromColumn } from '../../data/column.js';
import { type Table, type TableInput, toTable } from '../../data/table.js';
import { checkCount, checkOptions, refuse } from '../../util/check.js';
import { type Random, shuffle } from '../../util/random.js';
import { type Watch, checkNotAborted } from '../../util/in-steps.js';
import type { AnyModel } from '../async-model.js';
import { metricDirection } from '../metrics/metric-direction.js';
import { metricsOf } from '../metrics/metrics-of.js';
import { numericTarget } from '../target.js';
import { setImmediate } from 'node:timers/promises';

export interface PermutationImportanceOptions extends Watch {
  readonly random: Random;
  /** Permutations a feature; 5 unless told. */
  readonly repeats?: number;
  /** What gets worse; `mae` for regression and `log_loss` for classification unless told. */
  readonly metric?: string;
}

/** How much worse a model gets when one feature is shuffled. */
export interface FeatureImportance {
  readonly feature: string;
  /** How much worse the metric gets, on average, when the feature is shuffled; in units of the metric, positive is worse. */
  readonly importance: number;
  /** Over the repeats, divided by their number. */
  readonly standardDeviation: number;
}

/**
 * What each feature is worth to a model: the loss of quality when its values are shuffled among the rows (Breiman 2001,
 * Machine Learning 45; Fisher, Rudin, Dominici 2019, JMLR 20(177)). Most important first.
 *
 * @throws MLOpsError `INVALID_INPUT` for missing targets or a metric that the task does not have; `ABORTED`
 */
export async function permutationImportance(
  model: AnyModel,
  data: TableInput,
  targetColumn: string,
  options: PermutationImportanceOptions,
): Promise<readonly FeatureImportance[]> {
  checkOptions(options, ['random', 'repeats', 'metric', 'signal', 'onProgress'], 'permutationImportance');
  const { random, repeats = 5, signal, onProgress } = options;
  const metric = options.metric ?? (model.task === 'regression' ? 'mae' : 'log_loss');
  checkCount(repeats, 'repeats', 1, 10_000);
  const sign = metricDirection(metric) === 'lower' ? 1 : -1;
  const table = toTable(data);
  const actual = numericTarget(table, targetColumn);
  const score = async (rows: Table): Promise<number> => {
    checkNotAborted(signal);
    const value = metricsOf(model.task, actual, await model.predictBatch(rows))[metric];
    await setImmediate();
    return value ?? refuse(`these data have no ${metric} for ${model.task}; choose another metric`);
  };
  const reference = await score(table);
  const importances: FeatureImportance[] = [];
  const features = model.features.filter(({ name }) => table.columns.has(name));
  for (const { name } of features) {
    const losses: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      const rows = Int32Array.from({ length: table.rowCount }, (_, row) => row);
      shuffle(rows, random.split(`${name}/${repeat}`));
      losses.push(sign * ((await score(table.withColumn(takeFromColumn(table.column(name), rows)))) - reference));
    }
    const importance = losses.reduce((sum, loss) => sum + loss, 0) / repeats;
    const variance = losses.reduce((sum, loss) => sum + (loss - importance) ** 2, 0) / repeats;
    importances.push({ feature: name, importance, standardDeviation: Math.sqrt(variance) });
    onProgress?.(importances.length / features.length);
  }
  return importances.sort((a, b) => b.importance - a.importance);
}
