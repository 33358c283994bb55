import { type Column, categoricalColumn } from '../../data/column.js';
import { type TableInput, toTable } from '../../data/table.js';
import { quantile } from '../../stats/quantile.js';
import { checkCount, checkOptions, refuse } from '../../util/check.js';
import { type Watch, checkNotAborted } from '../../util/in-steps.js';
import type { AnyModel } from '../async-model.js';
import { setImmediate } from 'node:timers/promises';

export interface PartialDependenceOptions extends Watch {
  /** Most points of the curve; 20 unless told. */
  readonly gridSize?: number;
}

/** How the mean prediction moves with one feature. */
export interface PartialDependence {
  readonly feature: string;
  readonly type: 'numeric' | 'categorical';
  /** Values that the feature was set to: rising numbers, or categories, the most frequent first. */
  readonly grid: readonly (number | string)[];
  /** The mean prediction over the rows at each of them, in the model's own unit (a probability for classifiers). */
  readonly response: readonly number[];
  /** Rows averaged over. */
  readonly rows: number;
}

/** Between which quantiles of a number the curve runs: the outermost values are rare. */
const [from, to] = [0.05, 0.95];

/**
 * The mean prediction over the rows as one feature is set to one value after the other in all of them (Friedman 2001,
 * Annals of Statistics 29(5), 8.2). Numbers run evenly from their 5% to their 95% quantile (type 7), or over all distinct
 * values when those are few. Where features go together, rows that do not exist are averaged in.
 *
 * @throws MLOpsError `INVALID_INPUT` for a feature that the model or the data do not have, or that has no values; `ABORTED`
 */
export async function partialDependence(
  model: AnyModel,
  data: TableInput,
  feature: string,
  options: PartialDependenceOptions = {},
): Promise<PartialDependence> {
  checkOptions(options, ['gridSize', 'signal', 'onProgress'], 'partialDependence');
  const { gridSize = 20, signal, onProgress } = options;
  checkCount(gridSize, 'gridSize', 2, 10_000);
  const names = model.features.map(({ name }) => name);
  if (!names.includes(feature))
    refuse(`the model has no feature ${JSON.stringify(feature)}; it has ${names.join(', ')}`);
  const table = toTable(data);
  const column = table.column(feature);
  const grid = gridOf(column, gridSize);
  const response: number[] = [];
  for (const [i, value] of grid.entries()) {
    checkNotAborted(signal);
    const scores = await model.predictBatch(table.withColumn(filled(column, value, table.rowCount)));
    response.push(scores.reduce((sum, score) => sum + score, 0) / table.rowCount);
    onProgress?.((i + 1) / grid.length);
    await setImmediate();
  }
  const type = column.kind === 'categorical' ? 'categorical' : 'numeric';
  return { feature, type, grid, response, rows: table.rowCount };
}

function gridOf(column: Column, size: number): readonly (number | string)[] {
  if (column.kind === 'categorical') {
    const counts = new Float64Array(column.categories.length);
    for (const code of column.codes) if (code >= 0) counts[code]!++;
    const order = [...column.categories.keys()].sort((a, b) => counts[b]! - counts[a]! || a - b);
    return order.slice(0, size).map((code) => column.categories[code]!);
  }
  const sorted = column.values.filter((value) => Number.isFinite(value)).sort();
  if (sorted.length === 0) refuse(`feature ${JSON.stringify(column.name)} has no values in these data`);
  const distinct = sorted.filter((value, i) => i === 0 || value !== sorted[i - 1]);
  if (distinct.length <= size) return [...distinct];
  const [low, high] = [quantile(sorted, from), quantile(sorted, to)];
  if (low === high) return [low];
  return Array.from({ length: size }, (_, i) => low + ((high - low) * i) / (size - 1));
}

function filled({ kind, name }: Column, value: number | string, rows: number): Column {
  if (kind === 'categorical') return categoricalColumn(name, new Int32Array(rows), [String(value)]);
  return { kind, name, values: new Float64Array(rows).fill(value as number), missingCount: 0 };
}
