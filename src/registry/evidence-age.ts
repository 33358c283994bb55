import type { EvidenceAgePolicy } from '../config/policy.js';

const dayMs = 86_400_000;

/** Kinds of evidence that grow old, by their name in the policy file. */
const keys = {
  drift: 'drift',
  bias_testing: 'biasTesting',
  explainability: 'explainability',
  feature_importance: 'featureImportance',
  challenge: 'challenge',
  outcomes: 'outcomes',
  compliance: 'compliance',
} as const satisfies Readonly<Record<string, keyof EvidenceAgePolicy>>;

/** A kind of evidence that grows old. */
export type AgeingKind = keyof typeof keys;

/** How long evidence counts. */
export interface EvidenceTerm {
  /** Last moment at which it counts, UTC milliseconds: evidence of exactly the longest age still does. */
  readonly lastAt: number;
  readonly days: number;
  /** The key of the policy that says so. */
  readonly key: string;
}

/** @param madeAt UTC milliseconds */
export function evidenceTerm(kind: AgeingKind, madeAt: number, policy: EvidenceAgePolicy): EvidenceTerm {
  const days = policy[keys[kind]];
  return { lastAt: madeAt + days * dayMs, days, key: `compliance.max_evidence_age_days.${kind}` };
}

/** Days between two moments in words; parts of a day are not counted. */
export function sayAge(madeAt: number, now: number): string {
  const days = Math.floor((now - madeAt) / dayMs);
  return (now - madeAt) % dayMs === 0 ? `${days} days` : `more than ${days} days`;
}
