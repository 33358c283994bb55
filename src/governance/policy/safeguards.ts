import type { AccessPolicy, CompliancePolicy, PrivacyPolicy, SecurityPolicy } from '../../config/governance-policy.js';
import type { PromotionPolicy } from '../../config/model-policy.js';
import type { Policy } from '../../config/policy.js';
import { builtInRoles } from '../../config/roles.js';
import { deepFreeze } from '../../util/freeze.js';
import type { JsonValue } from '../../util/json.js';

/** How long a validation counts, by tier. */
type ReviewMonths = 'tier1ReviewMonths' | 'tier2ReviewMonths' | 'tier3ReviewMonths';

/** The part of a policy that people and models are held to: what an edit of it can weaken. Stored as it is. */
export interface Safeguards {
  readonly environment: Policy['environment'];
  readonly promotion: PromotionPolicy;
  readonly security: SecurityPolicy;
  /** With the built-in roles among `roles`, so that a change of theirs shows as well. */
  readonly access: AccessPolicy;
  /** Stores that were last worked on by an earlier release know of no ages. */
  readonly compliance: Pick<CompliancePolicy, 'requireInventory'> &
    Partial<Pick<CompliancePolicy, 'maxEvidenceAgeDays' | ReviewMonths>>;
  /** Stores that were last worked on by an earlier release do not know it. */
  readonly privacy?: PrivacyPolicy;
}

/** One safeguard that a policy edit changed. */
export interface SafeguardChange {
  /** As the policy file spells it, such as `promotion.required_approvals`. */
  readonly key: string;
  /** What cannot be compared, such as another issuer of tokens, counts as weaker. */
  readonly effect: 'weaker' | 'stricter';
  readonly from: JsonValue;
  readonly to: JsonValue;
}

export const safeguardsOf = ({ environment, promotion, security, access, compliance, privacy }: Policy): Safeguards =>
  deepFreeze({
    environment,
    promotion,
    security,
    access: { ...access, roles: { ...builtInRoles, ...access.roles } },
    compliance: {
      requireInventory: compliance.requireInventory,
      tier1ReviewMonths: compliance.tier1ReviewMonths,
      tier2ReviewMonths: compliance.tier2ReviewMonths,
      tier3ReviewMonths: compliance.tier3ReviewMonths,
      maxEvidenceAgeDays: compliance.maxEvidenceAgeDays,
    },
    privacy,
  });

/** Such as `promotion.required_approvals 2 → 0`. */
export const sayChange = ({ key, from, to }: SafeguardChange): string =>
  `${key} ${JSON.stringify(from)} → ${JSON.stringify(to)}`;
