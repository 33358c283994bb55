import type { AgeingKind } from '../../config/evidence-age.js';
import { evidenceTerm, sayAge } from '../../registry/evidence-age.js';
import { toIso } from '../../util/clock.js';
import { type Finding, notAssessed } from './check.js';
import type { ComplianceFacts } from './facts.js';

/** What a finding goes by. */
export interface AgeingEvidence {
  readonly kind: AgeingKind;
  /** Such as `the bias test`. */
  readonly what: string;
  /** When it was made, UTC milliseconds. */
  readonly madeAt: number;
}

/**
 * A finding as long as the evidence that it goes by counts. What is too old says nothing about now: what was met is not
 * assessed any more, so that somebody may vouch for it until it is looked at anew. What is not met stays so, or a fault would
 * go away by waiting.
 */
export function aged(
  found: Finding,
  evidence: AgeingEvidence,
  facts: Pick<ComplianceFacts, 'policy' | 'now'>,
): Finding {
  if (found.status !== 'met') return found;
  const { kind, what, madeAt } = evidence;
  const { lastAt, days, key } = evidenceTerm(kind, madeAt, facts.policy.compliance.maxEvidenceAgeDays);
  if (facts.now <= lastAt) return until(found, lastAt);
  const message = `${what} of ${toIso(madeAt)} is ${sayAge(madeAt, facts.now)} old; it counts for ${days} days (${key})`;
  const { caveats = [] } = found;
  return notAssessed(message, { ...found.evidence, madeAt: toIso(madeAt), countedUntil: toIso(lastAt) }, caveats);
}

/** A finding that is met up to a moment. @param lastAt the last one, UTC milliseconds */
export function until(found: Finding, lastAt: number): Finding {
  return found.status === 'met' ? { ...found, goodUntil: toIso(lastAt) } : found;
}
