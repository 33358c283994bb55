import type { PrivacyPolicy } from '../../config/governance-policy.js';
import type { JsonValue } from '../../util/json.js';
import { ageingKinds, evidenceAge, evidenceAgeKey } from '../../config/evidence-age.js';
import { compareAccess } from './compare-access.js';
import type { SafeguardChange, Safeguards } from './safeguards.js';

/**
 * Which direction is the strict one: the larger (`true` before `false`) or smaller value, the longer list, one that is set, or
 * none.
 */
type Strict = 'larger' | 'smaller' | 'longer' | 'set' | 'none';

interface Rule {
  readonly key: string;
  readonly strict: Strict;
  readonly of: (safeguards: Safeguards) => JsonValue | undefined;
}

const rules: readonly Rule[] = [
  { key: 'environment', strict: 'larger', of: ({ environment }) => environment },
  { key: 'promotion.required_approvals', strict: 'larger', of: ({ promotion }) => promotion.requiredApprovals },
  { key: 'promotion.approval_expiry_hours', strict: 'smaller', of: ({ promotion }) => promotion.approvalExpiryHours },
  { key: 'promotion.min_accuracy', strict: 'larger', of: ({ promotion }) => promotion.minAccuracy },
  { key: 'promotion.max_drift', strict: 'smaller', of: ({ promotion }) => promotion.maxDrift },
  { key: 'promotion.require_explainability', strict: 'larger', of: ({ promotion }) => promotion.requireExplainability },
  {
    key: 'promotion.require_feature_importance',
    strict: 'larger',
    of: ({ promotion }) => promotion.requireFeatureImportance,
  },
  { key: 'promotion.require_bias_testing', strict: 'larger', of: ({ promotion }) => promotion.requireBiasTesting },
  { key: 'promotion.require_security_scan', strict: 'larger', of: ({ promotion }) => promotion.requireSecurityScan },
  {
    key: 'promotion.require_compliance_check',
    strict: 'larger',
    of: ({ promotion }) => promotion.requireComplianceCheck,
  },
  { key: 'promotion.custom_gates', strict: 'longer', of: ({ promotion }) => promotion.customGates },
  { key: 'security.require_authentication', strict: 'larger', of: ({ security }) => security.requireAuthentication },
  { key: 'security.require_authorization', strict: 'larger', of: ({ security }) => security.requireAuthorization },
  { key: 'security.log_all_operations', strict: 'larger', of: ({ security }) => security.logAllOperations },
  { key: 'security.audited_reads', strict: 'longer', of: ({ security }) => security.auditedReads },
  { key: 'security.audit_log_retention_days', strict: 'larger', of: ({ security }) => security.auditLogRetentionDays },
  { key: 'security.checkpoint_interval', strict: 'smaller', of: ({ security }) => security.checkpointInterval },
  { key: 'security.audit_anchor_path', strict: 'set', of: ({ security }) => security.auditAnchorPath },
  {
    key: 'security.anonymize_sensitive_data',
    strict: 'larger',
    of: ({ security }) => security.anonymizeSensitiveData,
  },
  { key: 'security.encrypt_model_artifacts', strict: 'larger', of: ({ security }) => security.encryptModelArtifacts },
  {
    key: 'security.require_signatures',
    strict: 'larger',
    of: ({ security, environment }) => security.requireSignatures ?? environment === 'production',
  },
  { key: 'security.regulatory_frameworks', strict: 'longer', of: ({ security }) => security.regulatoryFrameworks },
  { key: 'security.compliance_checks', strict: 'longer', of: ({ security }) => security.complianceChecks },
  { key: 'compliance.require_inventory', strict: 'larger', of: ({ compliance }) => compliance.requireInventory },
  { key: 'compliance.tier1_review_months', strict: 'smaller', of: ({ compliance }) => compliance.tier1ReviewMonths },
  { key: 'compliance.tier2_review_months', strict: 'smaller', of: ({ compliance }) => compliance.tier2ReviewMonths },
  { key: 'compliance.tier3_review_months', strict: 'smaller', of: ({ compliance }) => compliance.tier3ReviewMonths },
  ...ageingKinds.map((kind): Rule => ({
    key: evidenceAgeKey(kind),
    strict: 'smaller',
    of: ({ compliance }) => compliance.maxEvidenceAgeDays && evidenceAge(kind, compliance.maxEvidenceAgeDays),
  })),
  { key: 'privacy.sensitive_columns', strict: 'longer', of: ({ privacy }) => privacy && sayColumns(privacy) },
  { key: 'access.break_glass.max_minutes', strict: 'smaller', of: ({ access }) => access.breakGlass.maxMinutes },
  { key: 'access.jwt.issuer', strict: 'none', of: ({ access }) => access.jwt.issuer },
];

/** Such as `client: drop`: columns that are treated differently are other members of the list, and so count as weaker. */
const sayColumns = ({ sensitiveColumns }: PrivacyPolicy): readonly string[] =>
  Object.entries(sensitiveColumns).map(([name, { action, to, keep, bands }]) => {
    const more = [to, keep, Object.keys(bands).length > 0 ? JSON.stringify(bands) : null];
    return `${name}: ${[action, ...more].filter((part) => part !== null).join(' ')}`;
  });

/** Production is held to rules that the others are not. */
const environments: readonly JsonValue[] = ['development', 'staging', 'production'];

/** What differs, the weaker first. A safeguard that one of the two does not know yet is left out. */
export function compareSafeguards(before: Safeguards, after: Safeguards): readonly SafeguardChange[] {
  const changes = rules.flatMap(({ key, strict, of }): SafeguardChange[] => {
    const [from, to] = [of(before), of(after)];
    if (from === undefined || to === undefined) return [];
    const effect = effectOf(strict, from, to);
    return effect === undefined ? [] : [{ key, effect, from, to }];
  });
  const all = [...changes, ...compareAccess(before, after)];
  return [...all.filter(({ effect }) => effect === 'weaker'), ...all.filter(({ effect }) => effect === 'stricter')];
}

function effectOf(strict: Strict, from: JsonValue, to: JsonValue): SafeguardChange['effect'] | undefined {
  switch (strict) {
    case 'larger':
      return compareNumbers(rankOf(from), rankOf(to));
    case 'smaller':
      return compareNumbers(rankOf(to), rankOf(from));
    case 'longer':
      return compareLists(to as readonly JsonValue[], from as readonly JsonValue[]);
    case 'set':
      return from === to ? undefined : from === null ? 'stricter' : 'weaker';
    case 'none':
      return from === to ? undefined : to === null ? 'stricter' : 'weaker';
  }
}

const rankOf = (value: JsonValue): number => (typeof value === 'string' ? environments.indexOf(value) : Number(value));

const compareNumbers = (from: number, to: number): SafeguardChange['effect'] | undefined =>
  from === to ? undefined : to < from ? 'weaker' : 'stricter';

/** Weaker when the longer list lacks something of the other. */
function compareLists(
  longer: readonly JsonValue[],
  shorter: readonly JsonValue[],
): SafeguardChange['effect'] | undefined {
  if (shorter.some((member) => !longer.includes(member))) return 'weaker';
  return longer.some((member) => !shorter.includes(member)) ? 'stricter' : undefined;
}
