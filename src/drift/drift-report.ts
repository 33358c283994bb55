import type { Digest } from '../util/digest.js';

/**
 * `drifted`: the effect is above the tolerance, with confidence. `stable`: it is below, with confidence.
 * `inconclusive`: the data cannot tell yet. `not_assessed`: there was nothing to compare; never a pass.
 */
export type DriftVerdict = 'drifted' | 'stable' | 'inconclusive' | 'not_assessed';

/** An effect size with a two-sided confidence interval. */
export interface Effect {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/** How many rows would tell, if the effect stays as it is: of the current data, or of both data sets each. */
export interface RowsNeeded {
  readonly rows: number;
  readonly of: 'current' | 'each';
}

/** Something about a column or the data that a person should know, besides its distance. */
export interface DriftFinding {
  readonly kind:
    | 'new_categories'
    | 'vanished_categories'
    | 'missing_rate_changed'
    | 'infinite_values'
    | 'range_exceeded'
    | 'constant'
    | 'mixed_types'
    | 'numbers_as_text'
    | 'unreadable_values'
    | 'categories_grouped'
    | 'type_changed'
    | 'column_appeared'
    | 'column_disappeared'
    | 'no_values'
    | 'joint_distribution_changed'
    | 'failed';
  readonly message: string;
}

/** A significance test, reported beside the effect; it does not decide. */
export interface DriftTest {
  /** `permutation` of a table with expected counts below 5, by Pearson's statistic. */
  readonly name: 'ks_two_sample' | 'cramer_von_mises' | 'anderson_darling' | 'chi_square' | 'g_test' | 'permutation';
  readonly statistic: number;
  readonly pValue: number;
  /** Benjamini–Hochberg over the columns of the report that have this test. */
  readonly adjustedPValue: number;
}

/** A test of whether all features together come from one distribution, reported beside; it does not decide. */
export interface JointTest {
  /** `energy_distance`: permutation test of numeric features; `classifier`: a model that tells the sides apart. */
  readonly name: 'energy_distance' | 'classifier';
  /** Energy distance of the features in standard deviations of the baseline; share of held-out rows told correctly. */
  readonly statistic: number;
  readonly pValue: number;
  /** Benjamini–Hochberg over the joint tests of the report. */
  readonly adjustedPValue: number;
  /** Rows looked at, both sides together. */
  readonly rows: number;
  readonly columns: readonly string[];
}

/** What decides in a sequence of windows: rejected, and the column drifted, when the p-value is at most the level granted. */
export interface OnlineDriftTest {
  readonly pValue: number;
  /** What the sequence so far leaves to spend on this column. */
  readonly level: number;
  readonly isRejected: boolean;
}

/** Which window of which sequence a report is about. */
export interface DriftWindow {
  readonly sequence: string;
  /** From 1. */
  readonly number: number;
  readonly timeColumn: string;
  /** ISO 8601. */
  readonly from: string;
  /** Exclusive. */
  readonly to: string;
  /** Windows tested before, and how many columns were called drifted, and stable, in them. */
  readonly before: { readonly windows: number; readonly drifted: number; readonly stable: number };
}

/** What was found about one column, or about the residuals of a model. */
export interface ColumnDrift {
  readonly column: string;
  readonly role: 'feature' | 'target' | 'residual';
  readonly kind: 'numeric' | 'categorical';
  readonly verdict: DriftVerdict;
  /** One sentence for a person. */
  readonly message: string;
  /** Values present. */
  readonly baselineCount: number;
  readonly currentCount: number;
  /** Independent rows that these are worth, where rows depend on each other. */
  readonly effectiveCounts?: { readonly baseline: number; readonly current: number };
  /** Share of rows without a value. */
  readonly baselineMissingRate: number;
  readonly currentMissingRate: number;
  /** The policy's threshold for the distance. */
  readonly tolerance: number;
  /** Kolmogorov–Smirnov distance for numbers, total variation for categories; both in [0, 1]. */
  readonly distance?: Effect;
  /** Population stability index over baseline deciles or categories, with what no drift at all would give. */
  readonly psi?: Effect & { readonly expectedUnderNoDrift: number };
  /** Numbers only, where it is finite: in the column's unit, and divided by the baseline's standard deviation. */
  readonly wasserstein?: { readonly value: number; readonly normalized: number };
  readonly test?: DriftTest;
  /** Those asked for that fit the column. */
  readonly tests?: readonly DriftTest[];
  /** Of a window in a sequence: the test of "no drift beyond the tolerance". */
  readonly online?: OnlineDriftTest;
  /** Inconclusive columns only; absent where the effect lies so near the threshold that no number of rows would tell. */
  readonly needs?: RowsNeeded;
  readonly findings: readonly DriftFinding[];
}

/** How a model's performance changed, when outcomes of the baseline are known. */
export interface PerformanceChange {
  /** `mae` for regression, `accuracy` at 0.5 for classification. */
  readonly metric: 'mae' | 'accuracy';
  /** Measured on labels of the current rows, or estimated without them: CBPE for classification, DLE for regression. */
  readonly source: 'labels' | 'cbpe' | 'dle';
  readonly verdict: 'dropped' | 'kept' | 'inconclusive';
  /** One sentence for a person. */
  readonly message: string;
  readonly baseline: Effect;
  readonly current: Effect;
  /** Relative to the baseline, or to `registered`; positive is worse. */
  readonly drop: Effect;
  /** What the version was registered with, where the baseline holds rows that it learned from. */
  readonly registered?: number | undefined;
  /** `monitoring.performance_drop_threshold`. */
  readonly threshold: number;
  /** Rows with outcomes; of the current data, without labels, rows with predictions. */
  readonly rows: { readonly baseline: number; readonly current: number };
  /** Further metrics of the current rows, in [0, 1]: `precision`, `recall`, `f1_score`. */
  readonly also: Readonly<Record<string, Effect>>;
}

/** A feature that moved and matters to the model. */
export interface RootCause {
  readonly column: string;
  /** Lower bound of the distance. */
  readonly drift: number;
  /** Permutation importance: how much worse the model's metric gets without the feature. */
  readonly importance: number;
  /** Of drift × importance over all features. */
  readonly share: number;
}

/** The outcome of one drift check. Plain JSON; stored, and recomputable from the data its digests name. */
export interface DriftReport {
  readonly reportId: string;
  readonly modelName: string;
  readonly modelVersion?: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly verdict: DriftVerdict;
  /** Whether features, target or residuals drifted. */
  readonly requiresRetraining: boolean;
  /** Features that drifted, the strongest first. */
  readonly driftedFeatures: readonly string[];
  /** Largest distance among the assessed features, in [0, 1]; 0 when none could be assessed. */
  readonly overallDriftScore: number;
  readonly featureColumns: readonly string[];
  readonly targetColumn?: string;
  /** Rows with the same value here were taken as dependent. */
  readonly clusterColumn?: string;
  /** When the current data are one window of a sequence. */
  readonly window?: DriftWindow;
  readonly columns: readonly ColumnDrift[];
  /** About columns that were not compared: those that appeared, disappeared or changed their type. */
  readonly findings: readonly DriftFinding[];
  /** Those asked for. */
  readonly jointTests?: readonly JointTest[];
  /** When the baseline has outcomes, and predictions are there or a registered model makes them. */
  readonly performance?: PerformanceChange;
  /** Features that moved, by what they mean to the model; when its importances are known. */
  readonly rootCauses?: readonly RootCause[];
  readonly recommendations: readonly string[];
  /** What the verdict was computed from. */
  readonly inputs: {
    readonly baselineDigest: Digest;
    readonly baselineRows: number;
    readonly currentDigest: Digest;
    readonly currentRows: number;
    /** `drift.ks_test_threshold`: the share of false ones among columns called drifted, and among those called stable. */
    readonly alpha: number;
    /**
     * Probability with which each lower bound errs, both effects together: αR/m for R of m columns drifted; in a sequence
     * of windows the level granted.
     */
    readonly driftError: number;
    /** Probability with which each upper bound errs: αR/m for R of m columns stable. */
    readonly stableError: number;
    readonly psiThreshold: number;
    /** Tests asked for. */
    readonly tests?: readonly (DriftTest['name'] | JointTest['name'])[];
    readonly policyDigest: Digest;
  };
}
