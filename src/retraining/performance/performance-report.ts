import type { Change } from '../../storage/storage.js';
import type { Digest } from '../../util/digest.js';
import type { JsonValue } from '../../util/json.js';

export const performanceReportsCollection = 'performance_reports';

/**
 * - `dropped`: the loss is proved to be above what is tolerated.
 * - `held`: it is proved not to be.
 * - `inconclusive`: neither can be said from so many rows.
 * - `not_assessed`: it cannot be compared; `reason` says why.
 */
export type PerformanceVerdict = 'dropped' | 'held' | 'inconclusive' | 'not_assessed';

/** How the production version does on recent rows, against what was measured when it was registered. */
export interface PerformanceReport {
  readonly reportId: string;
  readonly modelName: string;
  readonly modelVersion: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly verdict: PerformanceVerdict;
  readonly requiresRetraining: boolean;
  readonly reason: string;
  /** The loss that is compared: `mae` in units of the target, or `log_loss` in nats. */
  readonly metric: 'mae' | 'log_loss';
  /** At registration; absent when it was registered without. */
  readonly registered?: number;
  /** Of `registered`, where the version was registered with `mae_standard_error` or `log_loss_standard_error`. */
  readonly registeredStandardError?: number;
  /** On the recent rows, with its interval. */
  readonly current?: number;
  readonly lower?: number;
  readonly upper?: number;
  /** Largest loss that is tolerated: `registered` times one plus `monitoring.performance_drop_threshold`. */
  readonly limit?: number;
  /** Rows with a known target. */
  readonly rows: number;
  readonly dataDigest: Digest;
  readonly policyDigest: Digest;
}

export const putPerformanceReport = (report: PerformanceReport): Change => ({
  kind: 'put',
  collection: performanceReportsCollection,
  id: report.reportId,
  value: report as unknown as JsonValue,
  index: {
    modelName: report.modelName,
    modelVersion: report.modelVersion,
    verdict: report.verdict,
    createdAt: report.createdAt,
  },
  expect: 'absent',
});
