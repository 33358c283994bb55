import type { MLOpsConfig, ModelPolicy } from '../config/mlops-config.js';
import type { Table } from '../data/table.js';
import type { Model } from '../models/model.js';
import { benjaminiHochberg } from '../stats/benjamini-hochberg.js';
import { onlineStepUp } from '../stats/online-step-up.js';
import type { Digest } from '../util/digest.js';
import { atOnce } from '../util/in-steps.js';
import type { ColumnEffects } from './column-effects.js';
import { type ColumnRule, type ErrorLevels, type JudgedColumn, driftEvidence, judgeColumn } from './column-verdict.js';
import { compareColumns } from './compare-columns.js';
import { type DriftInputs, Predictions, clusterPairSteps, comparisonSteps } from './comparisons.js';
import type { ColumnDrift, DriftFinding, DriftReport, DriftVerdict, DriftWindow } from './drift-report.js';
import { type MeasuredJoint, jointFindings } from './joint-tests.js';
import { type MeasuredPerformance, judgePerformance } from './performance-change.js';
import { type Importances, rootCauses } from './root-causes.js';
import { type Schema, schemaFindings } from './schema-findings.js';

/** What was measured about one column, and what the column is to the model. */
export interface ComparedColumn {
  readonly role: ColumnDrift['role'];
  readonly effects: ColumnEffects;
}

/** What was compared, apart from the data itself. */
export interface ComparedData {
  readonly digest: Digest;
  readonly rowCount: number;
  readonly schema: Schema;
}

/** What is known of the model beside the data. */
export interface ModelFindings {
  readonly performance?: MeasuredPerformance | undefined;
  /** Why performance could not be measured. */
  readonly problem?: string | undefined;
  readonly importances?: Importances | undefined;
  /** Of all features together, where that was asked for. */
  readonly joint?: MeasuredJoint | undefined;
}

/** The kinds of a table's columns. */
export const schemaOf = (table: Table): Schema =>
  new Map(
    Array.from(table.columns.values(), (column) => [
      column.name,
      column.missingCount === table.rowCount ? 'empty' : column.kind,
    ]),
  );

/** A report apart from its identity. */
export type Assessment = Omit<DriftReport, 'reportId' | 'createdAt' | 'modelVersion'>;

/** The report apart from its identity, all at once. Pure: the same data, policy and model give the same bits. */
export function assessDrift(inputs: DriftInputs, config: MLOpsConfig, model: Model | undefined): Assessment {
  const { baseline, current } = inputs;
  const rows = { baseline: baseline.rowCount, current: current.rowCount };
  const clusters = atOnce(clusterPairSteps(inputs));
  const compared = atOnce(comparisonSteps(inputs, new Predictions(inputs.predictionColumn, model))).map((pair) => ({
    role: pair.role,
    effects: compareColumns(pair.name, pair.baseline, pair.current, rows, clusters, inputs.tests),
  }));
  const digested = (table: Table): ComparedData => ({
    digest: table.digest(),
    rowCount: table.rowCount,
    schema: schemaOf(table),
  });
  return judgeDrift(inputs, config, compared, { baseline: digested(baseline), current: digested(current) });
}

/** The report apart from its identity, from what was measured about each column. Pure. */
export function judgeDrift(
  inputs: Pick<DriftInputs, 'modelName' | 'policy' | 'featureColumns' | 'targetColumn' | 'clusterColumn' | 'tests'> & {
    readonly window?: DriftWindow | undefined;
  },
  config: MLOpsConfig,
  compared: readonly ComparedColumn[],
  data: { readonly baseline: ComparedData; readonly current: ComparedData },
  model: ModelFindings = {},
): Assessment {
  const { featureColumns, targetColumn, clusterColumn, window } = inputs;
  const { ksTestThreshold: alpha, psiThreshold } = config.policy.drift;
  const judged = compared.map(({ role, effects }) => ({
    effects,
    rule: { role, tolerance: toleranceOf(effects.column, role, inputs.policy), psiThreshold },
  }));
  const levels = errorLevels(judged, alpha, window?.before);
  const verdicts = judged.map(({ effects, rule }) => ({
    ...judgeColumn(effects, rule, levels),
    ...(window !== undefined && onlineTest(effects, rule, levels.drift)),
  }));
  const columns = adjustPValues(verdicts);
  const drifted = columns.filter((column) => column.verdict === 'drifted');
  const threshold = config.policy.monitoring.performanceDropThreshold;
  const performance = model.performance && judgePerformance(model.performance, { threshold, confidence: 1 - alpha });
  const causes = model.importances && rootCauses(columns, model.importances);
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
    ...(clusterColumn !== undefined && { clusterColumn }),
    ...(window !== undefined && { window }),
    columns,
    findings: [
      ...schemaFindings(
        data.baseline.schema,
        data.current.schema,
        new Set([...columns.map(({ column }) => column), clusterColumn ?? '', window?.timeColumn ?? '']),
      ),
      ...(model.problem === undefined
        ? []
        : [{ kind: 'failed' as const, message: `performance could not be measured: ${model.problem}` }]),
      ...(model.joint === undefined ? [] : jointFindings(model.joint, alpha)),
    ],
    ...(model.joint !== undefined && model.joint.tests.length > 0 && { jointTests: model.joint.tests }),
    ...(performance !== undefined && { performance }),
    ...(causes !== undefined && { rootCauses: causes }),
    recommendations: [...recommend(columns), ...(performance?.verdict === 'dropped' ? [performance.message] : [])],
    inputs: {
      baselineDigest: data.baseline.digest,
      baselineRows: data.baseline.rowCount,
      currentDigest: data.current.digest,
      currentRows: data.current.rowCount,
      alpha,
      driftError: levels.drift,
      stableError: levels.stable,
      psiThreshold,
      ...(inputs.tests !== undefined && { tests: inputs.tests }),
      policyDigest: config.digest,
    },
  };
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
 * nothing drifted the chance of any alarm in the report is at most α. In a sequence of windows both hold of all its windows
 * so far ({@link onlineStepUp}).
 */
function errorLevels(pairs: readonly JudgedPair[], alpha: number, before?: DriftWindow['before']): ErrorLevels {
  const evidence = pairs.flatMap(({ effects, rule }) => driftEvidence(effects, rule) ?? []);
  if (before !== undefined && evidence.length > 0) {
    const granted = (side: keyof ErrorLevels, rejections: number): number =>
      onlineStepUp(
        evidence.map((levels) => levels[side]),
        { batches: before.windows, rejections },
        alpha,
      ).level;
    return { drift: granted('drift', before.drifted), stable: granted('stable', before.stable) };
  }
  const level = (side: keyof ErrorLevels): number => {
    const found = benjaminiHochberg(evidence.map((levels) => levels[side])).filter((p) => p <= alpha).length;
    return (alpha * Math.max(1, found)) / Math.max(1, evidence.length);
  };
  return { drift: level('drift'), stable: level('stable') };
}

/** The test behind a verdict; nothing where there was nothing to test. */
function onlineTest(effects: ColumnEffects, rule: ColumnRule, level: number): Pick<ColumnDrift, 'online'> {
  const pValue = driftEvidence(effects, rule)?.drift;
  return pValue === undefined ? {} : { online: { pValue, level, isRejected: pValue <= level } };
}

function toleranceOf(name: string, role: ColumnDrift['role'], { driftThresholds }: ModelPolicy): number {
  const { columns, featureDriftThreshold, targetDriftThreshold, residualDriftThreshold } = driftThresholds;
  if (role !== 'residual' && Object.hasOwn(columns, name)) return columns[name]!;
  return { feature: featureDriftThreshold, target: targetDriftThreshold, residual: residualDriftThreshold }[role];
}

function adjustPValues(columns: readonly JudgedColumn[]): readonly ColumnDrift[] {
  const own = adjusted(columns.map(({ test }) => test));
  const asked = columns.map(({ tests }) => new Map(tests?.map((test) => [test.name, test])));
  const names = [...new Set(asked.flatMap((tests) => [...tests.keys()]))];
  const families = new Map(names.map((name) => [name, adjusted(asked.map((tests) => tests.get(name)))]));
  return columns.map(({ test: _, tests, ...column }, i) => ({
    ...column,
    ...(own[i] !== undefined && { test: own[i] }),
    ...(tests !== undefined && { tests: tests.map(({ name }) => families.get(name)![i]!) }),
  }));
}

/** Tests of one kind, one a column that has it, adjusted over all columns. */
function adjusted(tests: readonly JudgedColumn['test'][]): readonly ColumnDrift['test'][] {
  const pValues = benjaminiHochberg(tests.flatMap((test) => test?.pValue ?? []));
  let next = 0;
  return tests.map((test) => test && { ...test, adjustedPValue: pValues[next++]! });
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
  const spoilt = columns.filter(({ findings }) => findings.some(({ kind }) => spoiltKinds.includes(kind)));
  if (spoilt.length > 0)
    advice.push(
      `check how ${spoilt.map(({ column }) => column).join(', ')} is recorded: types are mixed or unreadable`,
    );
  const unclear = columns.filter((column) => column.verdict === 'inconclusive').map((column) => column.column);
  if (unclear.length > 0) advice.push(`collect more rows to judge ${unclear.join(', ')}`);
  return advice;
}

const spoiltKinds: readonly DriftFinding['kind'][] = ['mixed_types', 'unreadable_values', 'type_changed'];
