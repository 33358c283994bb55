import type { DistanceEstimate } from '../stats/distance-estimate.js';
import type { PsiEstimate } from '../stats/psi.js';
import type { EffectiveCounts } from './clusters.js';
import type { DriftFinding, DriftTest } from './drift-report.js';

/** Rows of one side of a comparison. */
export interface SideCounts {
  readonly rows: number;
  readonly missing: number;
}

/**
 * What two data sets say about one column, before any rule is applied. Plain JSON: it crosses threads and can be computed
 * from rows, from profiles or from streams; {@link judgeColumn} turns it into a verdict.
 */
export interface ColumnEffects {
  readonly column: string;
  /** Of the values compared; the baseline's when nothing could be. */
  readonly kind: 'numeric' | 'categorical';
  readonly baseline: SideCounts;
  readonly current: SideCounts;
  /** Absent when the sides cannot be compared; `findings` then say why. */
  readonly distance?: DistanceEstimate;
  readonly psi?: PsiEstimate;
  readonly wasserstein?: { readonly value: number; readonly normalized: number };
  readonly test?: Omit<DriftTest, 'adjustedPValue'>;
  /** Those asked for. */
  readonly tests?: readonly Omit<DriftTest, 'adjustedPValue'>[];
  /** Total variation of missing against present rows; absent without rows on either side. */
  readonly missing?: DistanceEstimate;
  /** Independent rows that the values present are worth, where rows depend on each other. */
  readonly effective?: EffectiveCounts;
  readonly findings: readonly DriftFinding[];
}

/** What was measured about a pair of columns of one kind. */
export type MeasuredEffects = Required<Pick<ColumnEffects, 'distance' | 'psi' | 'findings'>> &
  Pick<ColumnEffects, 'wasserstein' | 'test' | 'effective'>;
