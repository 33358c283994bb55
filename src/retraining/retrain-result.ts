import type { PairedComparison } from '../stats/paired-comparison.js';

/** How champion and challenger did on the same holdout rows. */
export interface ChallengeResult {
  readonly holdoutRows: number;
  /** How the holdout was chosen. */
  readonly split: string;
  readonly challengerMetrics: Readonly<Record<string, number>>;
  /** Absent when there is no production version to compare with. */
  readonly championVersion?: string;
  readonly championMetrics?: Readonly<Record<string, number>>;
  /** Difference of losses with its interval; negative means the challenger is better. */
  readonly comparison?: PairedComparison & {
    readonly loss: 'absolute_error' | 'log_loss';
    readonly confidence: number;
  };
}

interface RetrainBase {
  /** The tracking run that holds parameters, metrics and warnings; absent when nothing was trained. */
  readonly runId?: string;
  readonly trainingTimeSeconds: number;
  readonly reason: string;
  readonly challenge?: ChallengeResult;
}

/**
 * - `registered`: the challenger was proved better (or is the first), and is a new version in Development.
 * - `rejected`: trained, but not proved better than the champion; recorded, not registered.
 * - `skipped`: nothing to do, nothing was trained.
 */
export type RetrainResult =
  | (RetrainBase & { readonly success: true; readonly status: 'registered'; readonly newModelVersion: string })
  | (RetrainBase & {
      readonly success: false;
      readonly status: 'rejected' | 'skipped';
      readonly newModelVersion: null;
    });
