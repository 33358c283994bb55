import { columnLength } from '../../data/column.js';
import { type ColumnProfile, profileTable } from '../../data/profile.js';
import { largestTarget, numericTarget } from '../../models/target.js';
import type { DataFinding } from '../retrain-result.js';
import { type CheckInputs, type DataCheck, percent } from './check-inputs.js';

/** Share of rows without a target that is mentioned, and the share from which the data are not what they should be. */
const manyMissing = 0.5;
const nearlyAllMissing = 0.9;
/** A feature lost its values when it is missing in so much more of the rows than in the champion's data. */
const lostShare = 0.2;
/** Share of values far outside of what the champion knew from which they are a burst and not single mistakes. */
const burst = 0.01;
/** How many times the range from the 1st to the 99th percentile counts as far outside. */
const farTimes = 5;

export const targetValues: DataCheck = ({ plan, data, train }) => {
  const findings: DataFinding[] = [];
  const column = plan.targetColumn;
  const known = numericTarget(data, column).reduce((sum, value) => sum + (Number.isFinite(value) ? 1 : 0), 0);
  const missing = 1 - known / data.rowCount;
  if (missing > manyMissing) {
    findings.push({
      check: 'missing_values',
      severity: missing > nearlyAllMissing ? 'blocking' : 'warning',
      column,
      message: `the target is missing in ${percent(missing)} of the rows: what is left may not stand for the rest`,
    });
  }
  const target = numericTarget(train, column);
  const largest = target.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  if (largest > largestTarget) {
    findings.push({
      check: 'impossible_values',
      severity: 'blocking',
      column,
      message: `the target is as large as ${shown(largest)}, which nothing can be computed with: leave such cells empty, or take another unit`,
    });
  }
  if (target.every((value) => value === target[0])) {
    findings.push({
      check: 'constant_target',
      severity: 'blocking',
      column,
      message: `the target is ${target[0]} in all ${target.length} rows to learn from: there is nothing to learn`,
    });
  }
  return findings;
};

/** Values that are gone, that never change, or that cannot be. */
export const featureValues: DataCheck = (inputs) => {
  const { plan, train, champion } = inputs;
  const before = new Map(champion?.profile?.columns.map((profile) => [profile.column, profile]));
  const now = profileTable(train, [...plan.featureColumns, plan.targetColumn]).columns;
  return now.flatMap((profile) => {
    const former = before.get(profile.column);
    const isTarget = profile.column === plan.targetColumn;
    return [
      ...(isTarget ? [] : missingValues(profile, former)),
      ...(isTarget || former === undefined ? [] : changedType(profile, former)),
      ...(isTarget ? [] : constantFeature(profile)),
      ...infinities(inputs, profile.column),
      ...(former === undefined ? [] : outliers(inputs, profile.column, former)),
    ];
  });
};

function missingValues({ column, missingRate }: ColumnProfile, former: ColumnProfile | undefined): DataFinding[] {
  const check = 'missing_values';
  if (former === undefined) {
    if (missingRate <= nearlyAllMissing) return [];
    const message = `${column} is missing in ${percent(missingRate)} of the rows and teaches next to nothing`;
    return [{ check, severity: 'warning', column, message }];
  }
  if (missingRate <= former.missingRate + lostShare) return [];
  const message = `${column} is missing in ${percent(missingRate)} of the rows, in the production version's training data in ${percent(former.missingRate)}: look at where it comes from`;
  return [{ check, severity: missingRate > nearlyAllMissing ? 'blocking' : 'warning', column, message }];
}

/** A champion takes texts for missing where it learned numbers, and the other way round: any challenger wins against it. */
function changedType({ column, kind, missingRate }: ColumnProfile, former: ColumnProfile): DataFinding[] {
  const hasTexts = kind === 'categorical';
  if (hasTexts === (former.kind === 'categorical') || missingRate === 1 || former.missingRate === 1) return [];
  const [now, then] = hasTexts ? ['texts', 'numbers'] : ['numbers', 'texts'];
  const message = `${column} holds ${now}, in the production version's training data ${then}: look for stray cells, or say which it is when the data are read (types)`;
  return [{ check: 'changed_type', severity: 'blocking', column, message }];
}

function constantFeature({ column, quantiles, categories, missingRate }: ColumnProfile): DataFinding[] {
  const isConstant = quantiles === undefined ? categories?.length === 1 : quantiles.min === quantiles.max;
  if (!isConstant || missingRate > 0) return [];
  return [
    { check: 'constant_feature', severity: 'warning', column, message: `${column} never changes and teaches nothing` },
  ];
}

/** Rows whose target is infinite are not learned from, so they are looked for among all. */
function infinities({ plan, data, train }: CheckInputs, name: string): DataFinding[] {
  const rows = name === plan.targetColumn ? data : train;
  const column = rows.column(name);
  if (column.kind === 'categorical') return [];
  const count = column.values.reduce((sum, value) => sum + (Math.abs(value) === Infinity ? 1 : 0), 0);
  if (count === 0) return [];
  const message = `${name} is infinite in ${count} of ${rows.rowCount} rows: no measurement is; leave such cells empty`;
  const severity = count / rows.rowCount > burst ? 'blocking' : 'warning';
  return [{ check: 'impossible_values', severity, column: name, message }];
}

/** Values far outside of what the champion learned from: a sentinel such as −9999, another unit, or poison. */
function outliers({ train }: CheckInputs, name: string, { quantiles, kind }: ColumnProfile): DataFinding[] {
  const column = train.column(name);
  if (column.kind !== 'numeric' || kind !== 'numeric' || quantiles === undefined) return [];
  const findings: DataFinding[] = [];
  const present = columnLength(column) - column.missingCount;
  const count = (isWrong: (value: number) => boolean): number =>
    column.values.reduce((sum, value) => sum + (Number.isFinite(value) && isWrong(value) ? 1 : 0), 0);
  const { min, q01, q99, max } = quantiles;
  const far = farTimes * (q99 - q01);
  const outside =
    far === 0 ? 0 : count((value) => value < Math.min(min, q01 - far) || value > Math.max(max, q99 + far));
  if (outside > 0) {
    const share = outside / present;
    findings.push({
      check: 'outlier_burst',
      severity: share > burst ? 'blocking' : 'warning',
      column: name,
      message: `${outside} of ${present} values of ${name} (${percent(share)}) are far outside of ${shown(q01)} to ${shown(q99)}, where 98% of the production version's training data are: look for another unit, a code for "missing", or tampering`,
    });
  }
  const negative = min >= 0 ? count((value) => value < 0) - count((value) => value < Math.min(min, q01 - far)) : 0;
  if (negative > 0) {
    findings.push({
      check: 'impossible_values',
      severity: 'warning',
      column: name,
      message: `${name} is negative in ${negative} rows, which it never was in the production version's training data`,
    });
  }
  return findings;
}

const shown = (value: number): number => Number(value.toPrecision(3));
