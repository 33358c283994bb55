import type { MLOpsConfig, ModelPolicy } from '../config/mlops-config.js';
import type { Column, NumericColumn } from '../data/column.js';
import type { Table } from '../data/table.js';
import type { Model } from '../models/model.js';
import { benjaminiHochberg } from '../stats/benjamini-hochberg.js';
import type { ColumnEffects } from './column-effects.js';
import { type ColumnRule, type ErrorLevels, type JudgedColumn, driftEvidence, judgeColumn } from './column-verdict.js';
import { compareColumns } from './compare-columns.js';
import type { ColumnDrift, DriftReport, DriftVerdict } from './drift-report.js';

/** A drift check's inputs, validated. */
export interface DriftInputs {
  readonly modelName: string;
  readonly policy: ModelPolicy;
  readonly baseline: Table;
  readonly current: Table;
  readonly featureColumns: readonly string[];
  readonly targetColumn?: string;
  readonly predictionColumn?: string;
}

/** A pair of columns to compare, and as what. */
interface Comparison {
  readonly name: string;
  readonly role: ColumnDrift['role'];
  readonly baseline: Column | undefined;
  readonly current: Column | undefined;
}

/** The report apart from its identity. Pure: the same data, policy and model give the same bits. */
export function assessDrift(
  inputs: DriftInputs,
  config: MLOpsConfig,
  model: Model | undefined,
): Omit<DriftReport, 'reportId' | 'createdAt' | 'modelVersion'> {
  const { baseline, current, featureColumns, targetColumn } = inputs;
  const { ksTestThreshold: alpha, psiThreshold } = config.policy.drift;
  const rows = { baseline: baseline.rowCount, current: current.rowCount };
  const judged = listComparisons(inputs, model).map((pair) => ({
    effects: compareColumns(pair.name, pair.baseline, pair.current, rows),
    rule: { role: pair.role, tolerance: toleranceOf(pair, inputs.policy), psiThreshold },
  }));
  const levels = errorLevels(judged, alpha);
  const columns = adjustPValues(judged.map(({ effects, rule }) => judgeColumn(effects, rule, levels)));
  const drifted = columns.filter((column) => column.verdict === 'drifted');
  const features = columns.filter((column) => column.role === 'feature');
  return {
    modelName: inputs.modelName,
    verdict: overallVerdict(columns),
    requiresRetraining: drifted.length > 0,
    driftedFeatures: features
      .filter((column) => column.verdict === 'drifted')
      .sort((a, b) => (b.distance?.value ?? 0) - (a.distance?.value ?? 0))
      .map((column) => column.column),
    overallDriftScore: Math.max(0, ...features.map((column) => column.distance?.value ?? 0)),
    featureColumns,
    ...(targetColumn !== undefined && { targetColumn }),
    columns,
    recommendations: recommend(columns),
    inputs: {
      baselineDigest: baseline.digest(),
      baselineRows: baseline.rowCount,
      currentDigest: current.digest(),
      currentRows: current.rowCount,
      alpha,
      driftError: levels.drift,
      stableError: levels.stable,
      psiThreshold,
      policyDigest: config.digest,
    },
  };
}

function listComparisons(inputs: DriftInputs, model: Model | undefined): Comparison[] {
  const { baseline, current, featureColumns, targetColumn } = inputs;
  const pair = (name: string, role: Comparison['role']): Comparison => ({
    name,
    role,
    baseline: baseline.columns.get(name),
    current: current.columns.get(name),
  });
  const comparisons = featureColumns.map((name) => pair(name, 'feature'));
  if (targetColumn === undefined) return comparisons;
  const target = pair(targetColumn, 'target');
  // Outcomes often arrive late: a target that neither side has yet is simply not compared.
  if (target.baseline === undefined && target.current === undefined) return comparisons;
  comparisons.push(target);
  const before = residuals(baseline, inputs, model);
  const after = residuals(current, inputs, model);
  if (before !== undefined && after !== undefined) {
    comparisons.push({ name: 'residuals', role: 'residual', baseline: before, current: after });
  }
  return comparisons;
}

/** Actual minus predicted, where both are known; undefined when there is nothing to predict with. */
function residuals(table: Table, inputs: DriftInputs, model: Model | undefined): NumericColumn | undefined {
  const target = table.columns.get(inputs.targetColumn!);
  if (target?.kind !== 'numeric') return undefined;
  const given = inputs.predictionColumn === undefined ? undefined : table.columns.get(inputs.predictionColumn);
  const predicted =
    given === undefined ? model?.predictBatch(table) : given.kind === 'numeric' ? given.values : undefined;
  if (predicted === undefined) return undefined;
  const values = target.values.map((actual, i) => actual - predicted[i]!);
  const missingCount = values.reduce((count, value) => count + (Number.isNaN(value) ? 1 : 0), 0);
  return { kind: 'numeric', name: 'residuals', values, missingCount };
}

/** A column and how it is to be judged. */
interface JudgedPair {
  readonly effects: ColumnEffects;
  readonly rule: ColumnRule;
}

/**
 * Error probabilities for the bounds of every column, so that among the columns called drifted the expected share of
 * false ones is at most α, and likewise among those called stable: the step-up rule of Benjamini & Hochberg (1995), its
 * intervals those of Benjamini & Yekutieli, "False discovery rate-adjusted multiple confidence intervals" (2005). When
 * nothing drifted the chance of any alarm in the report is at most α.
 */
function errorLevels(pairs: readonly JudgedPair[], alpha: number): ErrorLevels {
  const evidence = pairs.flatMap(({ effects, rule }) => driftEvidence(effects, rule) ?? []);
  const level = (side: keyof ErrorLevels): number => {
    const found = benjaminiHochberg(evidence.map((levels) => levels[side])).filter((p) => p <= alpha).length;
    return (alpha * Math.max(1, found)) / Math.max(1, evidence.length);
  };
  return { drift: level('drift'), stable: level('stable') };
}

function toleranceOf({ name, role }: Comparison, { driftThresholds }: ModelPolicy): number {
  const { columns, featureDriftThreshold, targetDriftThreshold, residualDriftThreshold } = driftThresholds;
  if (role !== 'residual' && Object.hasOwn(columns, name)) return columns[name]!;
  return { feature: featureDriftThreshold, target: targetDriftThreshold, residual: residualDriftThreshold }[role];
}

function adjustPValues(columns: readonly JudgedColumn[]): readonly ColumnDrift[] {
  const tested = columns.flatMap((column) => (column.test === undefined ? [] : [column.test.pValue]));
  const adjusted = benjaminiHochberg(tested);
  let next = 0;
  return columns.map(({ test, ...column }) =>
    test === undefined ? column : { ...column, test: { ...test, adjustedPValue: adjusted[next++]! } },
  );
}

/** Drift anywhere is drift; otherwise one column nobody could judge is enough not to call the whole stable. */
function overallVerdict(columns: readonly ColumnDrift[]): DriftVerdict {
  const has = (verdict: DriftVerdict): boolean => columns.some((column) => column.verdict === verdict);
  if (has('drifted')) return 'drifted';
  if (columns.every((column) => column.verdict === 'not_assessed')) return 'not_assessed';
  return has('inconclusive') || has('not_assessed') ? 'inconclusive' : 'stable';
}

function recommend(columns: readonly ColumnDrift[]): readonly string[] {
  const named = (role: ColumnDrift['role']): string =>
    columns
      .filter((column) => column.role === role && column.verdict === 'drifted')
      .map((column) => column.column)
      .join(', ');
  const advice: string[] = [];
  if (named('feature') !== '')
    advice.push(`inputs moved (${named('feature')}): retrain on recent data and compare on a later period`);
  if (named('target') !== '')
    advice.push(`the target ${named('target')} moved: check how it is measured, then retrain`);
  if (named('residual') !== '')
    advice.push('errors of the model changed: retrain, or go back to an earlier version meanwhile');
  const unknown = columns.filter((column) => column.verdict === 'not_assessed').map((column) => column.column);
  if (unknown.length > 0) advice.push(`look at the data of ${unknown.join(', ')}: nothing could be said about it`);
  const unclear = columns.filter((column) => column.verdict === 'inconclusive').map((column) => column.column);
  if (unclear.length > 0) advice.push(`collect more rows to judge ${unclear.join(', ')}`);
  return advice;
}
