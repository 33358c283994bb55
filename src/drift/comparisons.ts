import type { ModelPolicy } from '../config/mlops-config.js';
import { withSameBooleans } from '../data/boolean-text.js';
import { type Column, type NumericColumn, numberColumn } from '../data/column.js';
import type { Table } from '../data/table.js';
import type { Model } from '../models/model.js';
import { holdsOutcomes, numericTarget } from '../models/target.js';
import { type ClusterPair, clusterSteps } from './clusters.js';
import type { ColumnDrift } from './drift-report.js';
import type { TestName } from './two-sample-tests.js';

/** A drift check's inputs, validated. */
export interface DriftInputs {
  readonly modelName: string;
  readonly policy: ModelPolicy;
  readonly baseline: Table;
  readonly current: Table;
  readonly featureColumns: readonly string[];
  readonly targetColumn?: string;
  readonly predictionColumn?: string;
  /** Rows with the same value here depend on each other. */
  readonly clusterColumn?: string;
  /** Tests to make beside. */
  readonly tests?: readonly TestName[];
}

/** A pair of columns to compare, and as what. */
export interface Comparison {
  readonly name: string;
  readonly role: ColumnDrift['role'];
  readonly baseline: Column | undefined;
  readonly current: Column | undefined;
}

/** The pairs of columns that a check compares. In steps, since a model may have to predict every row. */
export function* comparisonSteps(inputs: DriftInputs, predictions: Predictions): Generator<number, Comparison[]> {
  const { baseline, current, featureColumns, targetColumn } = inputs;
  const pair = (name: string, role: Comparison['role']): Comparison => {
    const [before, after] = withSameBooleans(baseline.columns.get(name), current.columns.get(name));
    return { name, role, baseline: before, current: after };
  };
  const comparisons = featureColumns.map((name) => pair(name, 'feature'));
  if (targetColumn === undefined) return comparisons;
  const target = pair(targetColumn, 'target');
  // Outcomes often arrive late: a target that neither side has yet is simply not compared.
  if (target.baseline === undefined && target.current === undefined) return comparisons;
  comparisons.push(target);
  const before = yield* residualSteps(baseline, targetColumn, predictions);
  const after = yield* residualSteps(current, targetColumn, predictions);
  if (before !== undefined && after !== undefined) {
    comparisons.push({ name: residualsName, role: 'residual', baseline: before, current: after });
  }
  return comparisons;
}

/** Which rows depend on each other, when the caller names a column that says so. */
export function* clusterPairSteps({
  baseline,
  current,
  clusterColumn,
}: DriftInputs): Generator<number, ClusterPair | undefined> {
  if (clusterColumn === undefined) return undefined;
  return {
    baseline: yield* clusterSteps(baseline.column(clusterColumn)),
    current: yield* clusterSteps(current.column(clusterColumn)),
  };
}

/** What the comparison of residuals is called in a report. */
export const residualsName = 'residuals';

/** Rows predicted in one step. */
const stepLength = 1024;

/** Actual minus predicted, where both are known; undefined when there is nothing to predict with. */
function* residualSteps(
  table: Table,
  targetColumn: string,
  predictions: Predictions,
): Generator<number, NumericColumn | undefined> {
  if (!holdsOutcomes(table.columns.get(targetColumn))) return undefined;
  const predicted = yield* predictions.steps(table);
  if (predicted === undefined) return undefined;
  const residuals = numericTarget(table, targetColumn).map((actual, row) => actual - predicted[row]!);
  return numberColumn('numeric', residualsName, residuals) as NumericColumn;
}

/** What a model says of tables, each of them predicted once however often it is asked for. */
export class Predictions {
  readonly #made = new Map<Table, Float64Array | undefined>();

  /** @param predictionColumn holds predictions that were given; otherwise the model makes them */
  constructor(
    private readonly predictionColumn: string | undefined,
    private readonly model: Model | undefined,
  ) {}

  /** The predictions of every row; undefined when there is nothing to predict with. */
  *steps(table: Table): Generator<number, Float64Array | undefined> {
    if (!this.#made.has(table)) this.#made.set(table, yield* this.#predict(table));
    return this.#made.get(table);
  }

  *#predict(table: Table): Generator<number, Float64Array | undefined> {
    if (this.predictionColumn !== undefined) {
      const given = table.columns.get(this.predictionColumn);
      // Those that were promised and are not there are missing: residuals are then not assessed, never passed over.
      return given?.kind === 'numeric' ? given.values : new Float64Array(table.rowCount).fill(NaN);
    }
    if (this.model === undefined) return undefined;
    const predictions = new Float64Array(table.rowCount);
    for (let start = 0; start < table.rowCount; start += stepLength) {
      const end = Math.min(table.rowCount, start + stepLength);
      const part = table.rowCount <= stepLength ? table : table.slice(start, end);
      predictions.set(this.model.predictBatch(part), start);
      yield end / table.rowCount;
    }
    return predictions;
  }
}
