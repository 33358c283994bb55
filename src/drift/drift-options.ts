import type { BaselineProfile } from '../data/baseline-profile.js';
import type { DataSource } from '../data/read-table.js';
import type { DriftReport } from './drift-report.js';
import type { TestName } from './two-sample-tests.js';

/** Which data {@link DriftMonitor.detectDrift} compares, and for which model. */
export interface DetectDriftOptions {
  readonly modelName: string;
  /** The version watched. When it is registered, the report becomes evidence on it, and its model gives residuals. */
  readonly modelVersion?: string;
  /**
   * What the model was trained on, or a period known to be good. Without it and `baselineProfile`, the profile that was
   * registered with the version is taken.
   */
  readonly baselineData?: DataSource;
  /** The baseline in counts (`createProfile`), instead of its rows. */
  readonly baselineProfile?: BaselineProfile;
  /** What it meets now. */
  readonly currentData: DataSource;
  /** The version's, else the model's `feature_columns` in the policy, unless told. */
  readonly featureColumns?: readonly string[];
  readonly targetColumn?: string;
  /** Column that holds the model's predictions; without it, a registered version makes them. */
  readonly predictionColumn?: string;
  /**
   * Column that says which rows depend on each other, such as the security that recurs every month, or the month of a
   * daily series: rows with the same value there count as what they are worth as independent ones.
   */
  readonly clusterColumn?: string;
  /** Which policy section under `models` applies; unless told that of the registered version, else the model's name. */
  readonly modelType?: string;
  /**
   * Reads each data set once, a few thousand rows at a time, and keeps counts only: for files larger than memory. What
   * the counts leave open widens the intervals. Residuals and Wasserstein distances are not computed.
   */
  readonly streaming?: boolean;
  /**
   * Two-sample tests to report beside, of each column those that fit it: `ks_two_sample`, `cramer_von_mises`,
   * `anderson_darling` for numbers; `chi_square`, `g_test`, `permutation` for categories; `energy_distance`, `classifier` of all
   * features together. They need the rows of both sides, independent ones, and decide nothing.
   */
  readonly tests?: readonly TestName[];
  /** Stops the check; nothing is stored then, and it rejects with `ABORTED`. */
  readonly signal?: AbortSignal;
  /** Called with the share of the columns compared, from 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}

export const detectDriftOptionNames: readonly (keyof DetectDriftOptions)[] = [
  'modelName',
  'modelVersion',
  'baselineData',
  'baselineProfile',
  'currentData',
  'featureColumns',
  'targetColumn',
  'predictionColumn',
  'clusterColumn',
  'modelType',
  'streaming',
  'tests',
  'signal',
  'onProgress',
];

/** What a report does not say of its check. */
export type RecomputeOptions = Omit<
  DetectDriftOptions,
  'modelName' | 'modelVersion' | 'featureColumns' | 'targetColumn' | 'clusterColumn' | 'tests'
>;

export const recomputeOptionNames: readonly (keyof RecomputeOptions)[] = [
  'baselineData',
  'baselineProfile',
  'currentData',
  'predictionColumn',
  'modelType',
  'streaming',
  'signal',
  'onProgress',
];

/** The options with which a report's check is made again. */
export function optionsOfReport(report: DriftReport, options: RecomputeOptions): DetectDriftOptions {
  const { modelName, modelVersion, featureColumns, targetColumn, clusterColumn, columns, inputs } = report;
  // A target of the policy that no data had is found there again; told by name it would be refused.
  const isTargetKnown = columns.some(({ role }) => role === 'target');
  return {
    ...options,
    modelName,
    featureColumns,
    ...(modelVersion !== undefined && { modelVersion }),
    ...(isTargetKnown && targetColumn !== undefined && { targetColumn }),
    ...(clusterColumn !== undefined && { clusterColumn }),
    ...(inputs.tests !== undefined && { tests: inputs.tests }),
  };
}
