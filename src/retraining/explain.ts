import type { Table } from '../data/table.js';
import type { AnyModel } from '../models/async-model.js';
import { partialDependence } from '../models/explanation/partial-dependence.js';
import { permutationImportance } from '../models/explanation/permutation-importance.js';
import { type ShapSummary, summarizeShap } from '../models/explanation/shap-summary.js';
import { isTreeBased } from '../models/explanation/tree-parts.js';
import { predictInSteps } from '../models/predict-in-steps.js';
import { type FairnessReport, groupFairness } from '../models/fairness/group-fairness.js';
import type { EvidenceKind } from '../registry/evidence-kind.js';
import type { Evidence } from '../registry/model-record.js';
import type { Watch } from '../util/in-steps.js';
import type { JsonObject } from '../util/json.js';
import type { Random } from '../util/random.js';

/** What could be found out about a model by itself; the rest needs a person. */
export type ExplanationEvidence = Partial<Record<EvidenceKind, Pick<Evidence, 'passed' | 'detail'>>>;

export interface ExplainOptions {
  readonly targetColumn: string;
  /** Columns whose groups the model must treat alike. */
  readonly fairnessColumns: readonly string[];
  readonly random: Random;
  readonly watch?: Watch;
}

/** Rows that are explained, the latest: more change the picture little. */
const maxRows = 2000;
const maxShapRows = 500;
/** Features whose curves are kept: the most important ones. */
const curves = 5;
const curvePoints = 10;
/** SHAP values must add up to the predictions this well, relative to their size. */
const tolerance = 1e-6;

/** What a model goes by and how it treats groups, on rows that it has not learned from. */
export async function explainModel(
  model: AnyModel,
  holdout: Table,
  { targetColumn, fairnessColumns, random, watch = {} }: ExplainOptions,
): Promise<ExplanationEvidence> {
  const rows = latest(holdout, maxRows);
  const importance = await permutationImportance(model, rows, targetColumn, {
    random: random.split('importance'),
    ...(watch.signal !== undefined && { signal: watch.signal }),
  });
  watch.onProgress?.(0.4);
  const shap = isTreeBased(model) ? await summarizeShap(model, latest(holdout, maxShapRows), watch.signal) : undefined;
  watch.onProgress?.(0.8);
  const dependence = [];
  for (const { feature } of importance.slice(0, curves)) {
    const hasValues = rows.column(feature).missingCount < rows.rowCount;
    if (hasValues) dependence.push(await partialDependence(model, rows, feature, { gridSize: curvePoints }));
  }
  const fairness = await testGroups(model, holdout, targetColumn, fairnessColumns);
  watch.onProgress?.(1);
  return {
    feature_importance: {
      passed: true,
      detail: asJson({ method: 'permutation', rows: rows.rowCount, importance }),
    },
    explainability: {
      passed: shap === undefined || addsUp(shap),
      detail: asJson({
        method: shap === undefined ? 'partial_dependence' : 'tree_shap',
        ...(shap !== undefined && { shap }),
        partialDependence: dependence,
      }),
    },
    ...(fairness.length > 0 && { bias_testing: biasEvidence(fairness) }),
  };
}

const latest = (table: Table, count: number): Table => (table.rowCount <= count ? table : table.slice(-count));

const addsUp = ({ largestGap, largestScore }: ShapSummary): boolean =>
  largestGap <= tolerance * Math.max(1, largestScore);

async function testGroups(
  model: AnyModel,
  holdout: Table,
  targetColumn: string,
  columns: readonly string[],
): Promise<readonly FairnessReport[]> {
  if (columns.length === 0) return [];
  const predicted = await predictInSteps(model, holdout);
  return columns.map((groupColumn) =>
    groupFairness(holdout, predicted, { task: model.task, targetColumn, groupColumn }),
  );
}

/** Passed when all groups are proved to be treated alike; `inconclusive` is no failure, but nothing to pass with either. */
function biasEvidence(reports: readonly FairnessReport[]): Pick<Evidence, 'passed' | 'detail'> {
  const verdicts = reports.map(({ verdict }) => verdict);
  const verdict = verdicts.includes('disparate')
    ? 'disparate'
    : verdicts.includes('inconclusive')
      ? 'inconclusive'
      : 'fair';
  return { passed: verdict === 'fair', detail: asJson({ verdict, reports }) };
}

/** As it will be stored: a bound that is infinite becomes null. */
const asJson = (value: object): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;
