import { type AgeingKind, evidenceAge, evidenceAgeKey } from '../config/evidence-age.js';
import type { EvidenceAgePolicy } from '../config/governance-policy.js';

const dayMs = 86_400_000;

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
  const days = evidenceAge(kind, policy);
  return { lastAt: madeAt + days * dayMs, days, key: evidenceAgeKey(kind) };
}

/** Days between two moments in words; parts of a day are not counted. */
export function sayAge(madeAt: number, now: number): string {
  const days = Math.floor((now - madeAt) / dayMs);
  return (now - madeAt) % dayMs === 0 ? `${days} days` : `more than ${days} days`;
}
