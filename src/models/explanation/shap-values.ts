import { type Row, type Table, type TableInput, toTable } from '../../data/table.js';
import { MLOpsError } from '../../errors.js';
import { type Watch, inSteps } from '../../util/in-steps.js';
import type { AnyModel } from '../async-model.js';
import { type TreeParts, isTreeBased } from './tree-parts.js';
import { TreeShap } from './tree-shap.js';

/** Why a model predicts what it does, for many rows. */
export interface ShapExplanation {
  /** Names of the model's features. */
  readonly features: readonly string[];
  /** What is predicted when no feature is known: the mean over the training rows. */
  readonly expectedValue: number;
  /** In which the values add up: `log_odds` for boosted classifiers, else the scale of the predictions. */
  readonly scale: TreeParts['scale'];
  /** An array a feature, a number a row. With {@link expectedValue} they add up to the prediction. */
  readonly values: readonly Float64Array[];
}

/** Why a model predicts what it does for one record. */
export interface PredictionExplanation {
  readonly prediction: number;
  readonly expectedValue: number;
  readonly scale: TreeParts['scale'];
  /** What each feature adds, in the scale; the greatest in size first. */
  readonly contributions: readonly { readonly feature: string; readonly value: number }[];
}

/**
 * Exact SHAP values of a tree model for all rows: see `TreeShap`. Others get the event loop every few milliseconds.
 *
 * @example
 * const { features, values, expectedValue } = await explainPredictions(model, rows);
 * @throws MLOpsError `UNSUPPORTED` for models that are not made of trees, or of a release that did not count rows;
 *   `ABORTED`
 */
export async function explainPredictions(
  model: AnyModel,
  data: TableInput,
  watch: Watch = {},
): Promise<ShapExplanation> {
  const explainer = new Explainer(model);
  return inSteps(explainer.explainTable(toTable(data)), watch);
}

/**
 * The same for one record.
 *
 * @example
 * explainPrediction(model, { rating: 'BBB', years: 7 }).contributions[0]; // { feature: 'rating', value: 42.1 }
 */
export function explainPrediction(model: AnyModel, record: object): PredictionExplanation {
  const row = record as Row;
  const explainer = new Explainer(model);
  const values = explainer.explainRow(row);
  const contributions = model.features
    .map(({ name }, i) => ({ feature: name, value: values[i]! }))
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const { expectedValue, scale } = explainer;
  return { prediction: model.predict(row) as number, expectedValue, scale, contributions };
}

class Explainer {
  readonly expectedValue: number;
  readonly #parts: TreeParts;
  readonly #trees: readonly TreeShap[];
  readonly #features: readonly string[];

  constructor(model: AnyModel) {
    if (!isTreeBased(model)) {
      throw new MLOpsError(
        'UNSUPPORTED',
        `SHAP values are computed for models of trees, not for ${model.format}; use permutationImportance and partialDependence`,
      );
    }
    const { parts } = model;
    this.#parts = parts;
    this.#features = model.features.map(({ name }) => name);
    this.#trees = parts.trees.map((tree) => new TreeShap(tree, parts.columns, parts.featureOf));
    this.expectedValue = parts.base + parts.weight * this.#trees.reduce((sum, tree) => sum + tree.expectedValue, 0);
  }

  get scale(): TreeParts['scale'] {
    return this.#parts.scale;
  }

  explainRow(record: Row): Float64Array {
    const row = new Float64Array(this.#parts.columns.width);
    this.#parts.readRow(record, row);
    const out = new Float64Array(this.#features.length);
    this.#explain(row, out);
    return out;
  }

  *explainTable(table: Table): Generator<number, ShapExplanation> {
    const columns = this.#parts.readTable(table);
    const row = new Float64Array(columns.length);
    const out = new Float64Array(this.#features.length);
    const values = this.#features.map(() => new Float64Array(table.rowCount));
    for (let i = 0; i < table.rowCount; i++) {
      for (let column = 0; column < columns.length; column++) row[column] = columns[column]![i]!;
      this.#explain(row, out.fill(0));
      for (let feature = 0; feature < out.length; feature++) values[feature]![i] = out[feature]!;
      yield i / table.rowCount;
    }
    return { features: this.#features, expectedValue: this.expectedValue, scale: this.scale, values };
  }

  #explain(row: Float64Array, out: Float64Array): void {
    for (const tree of this.#trees) tree.addTo(out, row);
    for (let feature = 0; feature < out.length; feature++) out[feature]! *= this.#parts.weight;
  }
}
