import type { RegulatoryFramework } from '../../config/governance-policy.js';
import type { Measure } from '../../registry/inventory/inventory-entry.js';
import type { JsonObject, JsonValue } from '../../util/json.js';
import type { CheckName } from './check-names.js';
import type { ComplianceFacts } from './facts.js';

/**
 * - `met`, `not_met`: computed.
 * - `not_assessed`: something is missing, and `message` says what.
 * - `attested`: not computed; a person vouches for it.
 */
export type CheckStatus = 'met' | 'not_met' | 'not_assessed' | 'attested';

/** What a check found. */
export interface Finding {
  readonly status: Exclude<CheckStatus, 'attested'>;
  readonly message: string;
  /** Numbers, digests and ids of records that the status was computed from. */
  readonly evidence: JsonObject;
  /** What the status does not say. */
  readonly caveats?: readonly string[];
  /** Last moment at which what is met counts as such, ISO 8601: then its evidence is too old. Absent where none grows old. */
  readonly goodUntil?: string;
}

/** A computed check and where it comes from. */
export interface ComplianceCheck {
  readonly check: CheckName;
  /** Absent for those of `security.compliance_checks`. */
  readonly frameworks?: readonly RegulatoryFramework[];
  /** Paragraph. */
  readonly reference: string;
  /** What a model must be for; of every model where absent. */
  readonly measures?: readonly Measure[];
  readonly assess: (facts: ComplianceFacts) => Finding | Promise<Finding>;
}

/** Dates, digests and numbers as evidence: what is undefined is left out. */
type Said = Readonly<Record<string, unknown>>;
const asEvidence = (said: Said): JsonObject =>
  JSON.parse(
    JSON.stringify(said, (_key, value: unknown) =>
      typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
    ),
  ) as Readonly<Record<string, JsonValue>>;

const finding =
  (status: Finding['status']) =>
  (message: string, evidence: Said = {}, caveats: readonly string[] = []): Finding => ({
    status,
    message,
    evidence: asEvidence(evidence),
    ...(caveats.length > 0 && { caveats }),
  });

export const met = finding('met');
export const notMet = finding('not_met');
export const notAssessed = finding('not_assessed');

/** `met` or `not_met`, by a condition. */
export const judged = (isMet: boolean, ...said: Parameters<typeof met>): Finding => (isMet ? met : notMet)(...said);
