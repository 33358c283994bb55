import type { CanaryDecision, StoredDeployment } from '../../canary/deployment.js';
import type { Policy } from '../../config/policy.js';
import type { AuditVerification } from '../../governance/audit/verify-log.js';
import type { StoredApproval } from '../../registry/approvals/approval.js';
import type { StoredFinding } from '../../registry/inventory/finding.js';
import type { StoredInventoryEntry } from '../../registry/inventory/inventory-entry.js';
import type { HistoryEvent, StoredModel, StoredVersion } from '../../registry/model-record.js';
import type { StoredRetraining } from '../../retraining/retraining-record.js';
import type { AnnualReport } from '../inventory/annual-reports.js';
import type { HaltDrill } from '../inventory/halt-drills.js';
import type { Overlay } from '../inventory/overlays.js';
import type { Override } from '../inventory/overrides.js';
import type { TraceableShare } from '../traceable-share.js';
import type { ComplianceInputs } from './inputs.js';

/** What checks look at of a decision on a canary, which holds a hundred times as much; automatic mode makes thousands a day. */
export interface DecisionFacts extends Pick<
  CanaryDecision,
  'decisionId' | 'verdict' | 'productionVersion' | 'decidedAt'
> {
  readonly limits: CanaryDecision['inputs']['limits'];
}

/** All that checks look at. */
export interface ComplianceFacts {
  readonly policy: Policy;
  /** UTC milliseconds. */
  readonly now: number;
  readonly inputs: ComplianceInputs;
  readonly model: StoredModel;
  readonly version: StoredVersion;
  readonly history: readonly HistoryEvent[];
  readonly approvals: readonly StoredApproval[];
  /** The one the version came from. */
  readonly retraining: StoredRetraining | undefined;
  /** Canaries of this version, and what was decided on them. */
  readonly deployments: readonly StoredDeployment[];
  readonly decisions: readonly DecisionFacts[];
  readonly entry: StoredInventoryEntry | undefined;
  readonly findings: readonly StoredFinding[];
  readonly overlays: readonly Overlay[];
  readonly overrides: readonly Override[];
  readonly reports: readonly AnnualReport[];
  readonly drills: readonly HaltDrill[];
  /** Models with a production version that are not in the inventory. */
  readonly orphans: readonly string[];
  readonly traceable: TraceableShare;
  readonly audit: AuditVerification;
}
