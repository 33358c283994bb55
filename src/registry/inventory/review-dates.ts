import type { Policy } from '../../config/policy.js';

/** How much a wrong model costs: 1 the most. */
export type ModelTier = 1 | 2 | 3;

/** The same day so many months later, UTC; the last of the month where it has no such day. */
export function addMonths(at: number, months: number): number {
  const date = new Date(at);
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const days = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, days));
  return date.getTime();
}

/** When a model of a tier is to be validated again, by the `compliance` section of the policy. */
export function nextReview(validatedAt: number, tier: ModelTier, policy: Policy['compliance']): number {
  const months = { 1: policy.tier1ReviewMonths, 2: policy.tier2ReviewMonths, 3: policy.tier3ReviewMonths }[tier];
  return addMonths(validatedAt, months);
}
