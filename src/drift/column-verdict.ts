import {
  type DistanceEstimate,
  distanceBound,
  distanceMargin,
  exceedanceError,
  shortfallError,
} from '../stats/distance-estimate.js';
import { type PsiEstimate, psiBound, psiMargin } from '../stats/psi.js';
import { smallestError } from '../stats/smallest-error.js';
import type { ColumnEffects, SideCounts } from './column-effects.js';
import { round } from './column-findings.js';
import { type Judged, rowsNeeded } from './rows-needed.js';
import type { ColumnDrift, DriftFinding, DriftVerdict, Effect, RowsNeeded } from './drift-report.js';

/** How a column is judged. */
export interface ColumnRule {
  readonly role: ColumnDrift['role'];
  /** Largest distance that is no drift. */
  readonly tolerance: number;
  /** Largest population stability index that is no drift. */
  readonly psiThreshold: number;
}

/** Probabilities with which the verdict on one column may err. */
export interface ErrorLevels {
  /** Of calling it drifted when it is within the tolerance. */
  readonly drift: number;
  /** Of calling it stable when it is beyond. */
  readonly stable: number;
}

/** A column's drift before p-values are adjusted over all columns. */
export type JudgedColumn = Omit<ColumnDrift, 'test' | 'tests'> & Pick<ColumnEffects, 'test' | 'tests'>;

/** Two effects may set off the alarm; this share of the error probability is the index's, the rest the distance's. */
const psiShare = 0.2;

/** The errors at which the bound of each effect is taken. */
const distanceErrors = ({ drift, stable }: ErrorLevels) => ({ lower: (1 - psiShare) * drift, upper: stable });
const psiErrors = ({ drift, stable }: ErrorLevels) => ({ lower: psiShare * drift, upper: stable });

/**
 * The least error levels at which {@link judgeColumn} would call the column drifted, and stable: p-values of "no drift
 * beyond the tolerance" and of "drift beyond it". Undefined when there is nothing to judge.
 */
export function driftEvidence(
  { distance, psi }: ColumnEffects,
  { tolerance, psiThreshold }: ColumnRule,
): ErrorLevels | undefined {
  if (distance === undefined || psi === undefined) return undefined;
  const psiP = smallestError((error) => psiBound(psi, 'lower', error) > psiThreshold);
  const psiStable = smallestError((error) => psiBound(psi, 'upper', error) <= psiThreshold);
  return {
    drift: Math.min(1, exceedanceError(distance, tolerance) / (1 - psiShare), psiP / psiShare),
    stable: Math.max(shortfallError(distance, tolerance), psiStable),
  };
}

/**
 * The verdict on a column. Pure. It drifted when the lower confidence bound of its distance or of its stability index is
 * above the threshold; it is stable when the upper bounds of both are not.
 */
export function judgeColumn(effects: ColumnEffects, rule: ColumnRule, levels: ErrorLevels): JudgedColumn {
  const { column, kind, baseline, current, wasserstein, test, tests, effective } = effects;
  const findings = [...missingFinding(effects, rule, levels), ...effects.findings];
  const described = {
    column,
    role: rule.role,
    kind,
    baselineCount: baseline.rows - baseline.missing,
    currentCount: current.rows - current.missing,
    ...(effective !== undefined && { effectiveCounts: effective }),
    baselineMissingRate: missingRate(baseline),
    currentMissingRate: missingRate(current),
    tolerance: rule.tolerance,
    findings,
  };
  if (effects.distance === undefined || effects.psi === undefined) {
    const reasons = effects.findings.map(({ message }) => message).join('; ');
    return { ...described, verdict: 'not_assessed', message: `${column} could not be assessed: ${reasons}` };
  }
  const distance = distanceEffect(effects.distance, levels);
  const psi = psiEffect(effects.psi, levels);
  const verdict = verdictOf(distance, psi, rule);
  const needs = inRows(
    rowsNeeded(
      verdict,
      [judgedDistance(effects.distance, rule.tolerance, levels), judgedPsi(effects.psi, rule.psiThreshold, levels)],
      effects.distance.baselineCount,
      effects.distance.currentCount,
    ),
    described,
  );
  return {
    ...described,
    verdict,
    message: sentence(column, verdict, said(effects.distance.measure, distance, psi, verdict, rule), needs),
    distance,
    psi,
    ...(wasserstein !== undefined && { wasserstein }),
    ...(test !== undefined && { test }),
    ...(tests !== undefined && { tests }),
    ...(needs !== undefined && { needs }),
  };
}

function judgedDistance(estimate: DistanceEstimate, threshold: number, levels: ErrorLevels): Judged {
  const errors = distanceErrors(levels);
  const { measure, value, merged } = estimate;
  return {
    estimate: value,
    shown: measure === 'ks' ? value : (merged?.value ?? 0),
    threshold,
    margins: {
      lower: estimate.resolution + distanceMargin(estimate, 'lower', errors.lower),
      upper: estimate.resolution + distanceMargin(estimate, 'upper', errors.upper),
    },
  };
}

function judgedPsi(estimate: PsiEstimate, threshold: number, levels: ErrorLevels): Judged {
  const errors = psiErrors(levels);
  const shown = estimate.merged ?? estimate;
  return {
    estimate: estimate.value - estimate.expectedUnderNoDrift,
    shown: shown.value - shown.expectedUnderNoDrift,
    threshold,
    margins: { lower: psiMargin(shown, 'lower', errors.lower), upper: psiMargin(estimate, 'upper', errors.upper) },
  };
}

/** Independent rows as rows like those there are, where those depend on each other. */
function inRows(
  needs: RowsNeeded | undefined,
  {
    baselineCount,
    currentCount,
    effectiveCounts,
  }: Pick<ColumnDrift, 'baselineCount' | 'currentCount' | 'effectiveCounts'>,
): RowsNeeded | undefined {
  if (needs === undefined || effectiveCounts === undefined) return needs;
  const ofCurrent = currentCount / effectiveCounts.current;
  const factor = needs.of === 'current' ? ofCurrent : Math.max(ofCurrent, baselineCount / effectiveCounts.baseline);
  return { ...needs, rows: Math.ceil(needs.rows * factor) };
}

function distanceEffect(estimate: DistanceEstimate, levels: ErrorLevels): Effect {
  const errors = distanceErrors(levels);
  return {
    value: estimate.value,
    lower: distanceBound(estimate, 'lower', errors.lower),
    upper: distanceBound(estimate, 'upper', errors.upper),
  };
}

function psiEffect(estimate: PsiEstimate, levels: ErrorLevels): NonNullable<ColumnDrift['psi']> {
  const errors = psiErrors(levels);
  const lower = psiBound(estimate, 'lower', errors.lower);
  return {
    value: estimate.value,
    expectedUnderNoDrift: estimate.expectedUnderNoDrift,
    lower,
    // Where categories are rare the bounds are those of two tables; the interval holds both.
    upper: Math.max(lower, psiBound(estimate, 'upper', errors.upper)),
  };
}

function verdictOf(distance: Effect, psi: Effect, rule: ColumnRule): Assessed {
  if (distance.lower > rule.tolerance || psi.lower > rule.psiThreshold) return 'drifted';
  return distance.upper <= rule.tolerance && psi.upper <= rule.psiThreshold ? 'stable' : 'inconclusive';
}

type Assessed = Exclude<DriftVerdict, 'not_assessed'>;

const measureNames = { ks: 'KS distance', total_variation: 'total variation' } as const;

function sentence(column: string, verdict: Assessed, effects: string, needs: RowsNeeded | undefined): string {
  const says = {
    drifted: `${column} drifted`,
    stable: `${column} is stable`,
    inconclusive: `${column}: too little data to tell`,
  };
  return `${says[verdict]}: ${effects}${needsText(needs)}`;
}

/** The distance; after the stability index where that alone is behind the verdict. */
function said(
  measure: DistanceEstimate['measure'],
  distance: Effect,
  psi: Effect,
  verdict: Assessed,
  { tolerance, psiThreshold }: ColumnRule,
): string {
  const interval = ({ value, lower, upper }: Effect): string => `${round(value)} (${round(lower)} to ${round(upper)})`;
  const ofDistance = `${measureNames[measure]} ${interval(distance)}, tolerance ${tolerance}`;
  const isBehind = verdict === 'drifted' ? distance.lower > tolerance : distance.upper > tolerance;
  if (isBehind || verdict === 'stable') return ofDistance;
  return `stability index ${interval(psi)}, threshold ${psiThreshold}; ${ofDistance}`;
}

const needsText = (needs: RowsNeeded | undefined): string =>
  needs === undefined
    ? ''
    : `; needs some ${Number(needs.rows.toPrecision(2))} ${needs.of === 'current' ? 'current rows' : 'rows on each side'}`;

function missingFinding(
  { missing, baseline, current }: ColumnEffects,
  rule: ColumnRule,
  levels: ErrorLevels,
): readonly DriftFinding[] {
  if (missing === undefined || distanceBound(missing, 'lower', levels.drift) <= rule.tolerance) return [];
  const message = `missing in ${percent(missingRate(baseline))} of the baseline, in ${percent(missingRate(current))} now`;
  return [{ kind: 'missing_rate_changed', message }];
}

const missingRate = ({ rows, missing }: SideCounts): number => (rows === 0 ? 1 : missing / rows);

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
