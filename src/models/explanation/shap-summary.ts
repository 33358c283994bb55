import type { Table } from '../../data/table.js';
import { explainPredictions } from './shap-values.js';
import type { TreeBasedModel, TreeParts } from './tree-parts.js';

/** What the SHAP values of many rows come to. */
export interface ShapSummary {
  readonly rows: number;
  readonly scale: TreeParts['scale'];
  readonly expectedValue: number;
  /** Mean size of each feature's values, the greatest first. */
  readonly meanAbsolute: readonly { readonly feature: string; readonly value: number }[];
  /** By how much the values of a row miss its prediction at most: rounding errors only. */
  readonly largestGap: number;
  /** The greatest prediction in size, in the scale. */
  readonly largestScore: number;
}

/** @throws MLOpsError `UNSUPPORTED`, `ABORTED` as {@link explainPredictions} */
export async function summarizeShap(model: TreeBasedModel, table: Table, signal?: AbortSignal): Promise<ShapSummary> {
  const { features, values, expectedValue, scale } = await explainPredictions(model, table, { signal });
  const rows = table.rowCount;
  const meanAbsolute = features
    .map((feature, i) => ({ feature, value: values[i]!.reduce((sum, value) => sum + Math.abs(value), 0) / rows }))
    .sort((a, b) => b.value - a.value);
  let largestGap = 0;
  let largestScore = 0;
  model.predictBatch(table).forEach((prediction, row) => {
    const score = scale === 'log_odds' ? Math.log(prediction / (1 - prediction)) : prediction;
    if (!Number.isFinite(score)) return; // a probability that was rounded to 0 or 1
    const sum = values.reduce((total, column) => total + column[row]!, expectedValue);
    largestGap = Math.max(largestGap, Math.abs(sum - score));
    largestScore = Math.max(largestScore, Math.abs(score));
  });
  return { rows, scale, expectedValue, meanAbsolute, largestGap, largestScore };
}
