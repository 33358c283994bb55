import type { EvidenceAgePolicy } from './governance-policy.js';

const members = {
  drift: 'drift',
  bias_testing: 'biasTesting',
  explainability: 'explainability',
  feature_importance: 'featureImportance',
  challenge: 'challenge',
  outcomes: 'outcomes',
  compliance: 'compliance',
} as const satisfies Readonly<Record<string, keyof EvidenceAgePolicy>>;

/** A kind of evidence that grows old, by its name in the policy file. */
export type AgeingKind = keyof typeof members;
/** Every kind of evidence that grows old. */
export const ageingKinds = Object.keys(members) as readonly AgeingKind[];

/** Days for which evidence of a kind counts. */
export const evidenceAge = (kind: AgeingKind, policy: EvidenceAgePolicy): number => policy[members[kind]];

/** The key of the policy file that says so. */
export const evidenceAgeKey = (kind: AgeingKind): string => `compliance.max_evidence_age_days.${kind}`;
