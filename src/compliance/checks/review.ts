import { reviewDue, validationFor } from '../../registry/inventory/inventory-entry.js';
import { toIso } from '../../util/clock.js';
import { until } from './aged.js';
import { type Finding, judged, notAssessed, notMet } from './check.js';
import type { ComplianceFacts } from './facts.js';

/** Validated by somebody who did not develop it, and not longer ago than its tier allows. */
export function reviewCadence({ entry, version: assessed, policy, now }: ComplianceFacts): Finding {
  if (entry === undefined)
    return notAssessed('the model is not in the inventory; describe it with inventory.describe(...)');
  const last = validationFor(entry, assessed.version);
  if (last === undefined) return notAssessed('no validation is recorded; see inventory.recordValidation(...)');
  const { by, at, outcome, report, version, digest } = last;
  const evidence = { tier: entry.tier, by, at: toIso(at), outcome, report, version, digest };
  if (outcome === 'rejected') return notMet(`${by} rejected ${version}`, evidence);
  const due = reviewDue(entry, policy.compliance)!;
  const message = `validated by ${by}, who did not develop it; the next review is due on ${toIso(due)}`;
  return until(judged(due > now, message, { ...evidence, nextReviewAt: toIso(due) }), due - 1);
}
