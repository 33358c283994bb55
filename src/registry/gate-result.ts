import type { EvidenceKind } from './evidence-kind.js';

/** `not_assessed` is never a pass: nobody has looked yet. */
export type GateStatus = 'passed' | 'failed' | 'not_assessed';

export interface GateResult {
  readonly gate: 'min_accuracy' | 'max_drift' | 'security_scan' | EvidenceKind;
  readonly status: GateStatus;
  /** What was found, and what to do when it did not pass. */
  readonly message: string;
}
