import type { Policy } from '../../config/policy.js';
import type { Change, Storage } from '../../storage/storage.js';
import { toIso } from '../../util/clock.js';
import type { Digest } from '../../util/digest.js';
import { deepFreeze } from '../../util/freeze.js';
import type { JsonValue } from '../../util/json.js';
import type { Loaded } from '../stage-change.js';
import { type ModelTier, nextReview } from './review-dates.js';

export const inventoryCollection = 'model_inventory';

/** Every measure; it decides what checks apply to a model. */
export const measures = ['pd', 'lgd', 'ead', 'ecl', 'var', 'trading', 'other'] as const;
/** What a model is for; `ecl`: expected credit losses, `trading`: algorithmic trading. */
export type Measure = (typeof measures)[number];

export const validationOutcomes = ['approved', 'approved_with_findings', 'rejected'] as const;

/** Somebody who did not develop the model looked at a version of it. */
export interface ModelValidation {
  readonly version: string;
  /** Digest of the version's files. */
  readonly digest: Digest;
  readonly outcome: (typeof validationOutcomes)[number];
  readonly by: string;
  /** UTC milliseconds. */
  readonly at: number;
  /** Digest of the report. */
  readonly report?: Digest;
  readonly comment?: string;
}

/** What is known of a model beyond its versions. Times are UTC milliseconds when stored. */
export interface StoredInventoryEntry {
  readonly modelName: string;
  readonly tier: ModelTier;
  readonly owner: string;
  readonly purpose: string;
  readonly measures: readonly Measure[];
  /** Who built it, besides those that registered its versions. */
  readonly developers: readonly string[];
  readonly describedAt: number;
  readonly describedBy: string;
  /** Oldest first. */
  readonly validations: readonly ModelValidation[];
  /** The last yearly report that all three functions signed. */
  readonly annualReport: { readonly reportId: string; readonly signedAt: number } | null;
}

/** A model of the inventory as a caller sees it. */
export interface InventoryEntry extends Omit<StoredInventoryEntry, 'describedAt' | 'validations' | 'annualReport'> {
  /** ISO 8601, UTC, as the others. */
  readonly describedAt: string;
  readonly validations: readonly (Omit<ModelValidation, 'at'> & { readonly at: string })[];
  /** By the tier's cadence from the last validation that did not reject; absent before the first. */
  readonly nextReviewAt?: string;
  readonly isOverdue: boolean;
  readonly annualReport?: { readonly reportId: string; readonly signedAt: string };
}

/** When the next review is due; undefined when the model has never been validated. */
export function reviewDue(entry: StoredInventoryEntry, policy: Policy['compliance']): number | undefined {
  const last = entry.validations.findLast(({ outcome }) => outcome !== 'rejected');
  return last && nextReview(last.at, entry.tier, policy);
}

/**
 * The validation that counts for a version: the model's last, unless it was another version's and this very one stands rejected.
 * Undefined when the model has never been validated.
 */
export function validationFor(
  { validations }: Pick<StoredInventoryEntry, 'validations'>,
  version: string,
): ModelValidation | undefined {
  const own = validations.findLast((validation) => validation.version === version);
  return own?.outcome === 'rejected' ? own : validations.at(-1);
}

export function viewEntry(stored: StoredInventoryEntry, policy: Policy['compliance'], now: number): InventoryEntry {
  const { describedAt, validations, annualReport, ...rest } = stored;
  const due = reviewDue(stored, policy);
  return deepFreeze({
    ...rest,
    describedAt: toIso(describedAt),
    validations: validations.map((validation) => ({ ...validation, at: toIso(validation.at) })),
    ...(due !== undefined && { nextReviewAt: toIso(due) }),
    isOverdue: due !== undefined && now >= due,
    ...(annualReport !== null && {
      annualReport: { reportId: annualReport.reportId, signedAt: toIso(annualReport.signedAt) },
    }),
  });
}

export async function findEntry(
  storage: Storage,
  modelName: string,
): Promise<Loaded<StoredInventoryEntry> | undefined> {
  const record = await storage.get(inventoryCollection, modelName);
  return record && { value: record.value as unknown as StoredInventoryEntry, recordVersion: record.version };
}

export const putEntry = (entry: StoredInventoryEntry, expect: 'absent' | number): Change => ({
  kind: 'put',
  collection: inventoryCollection,
  id: entry.modelName,
  value: entry as unknown as JsonValue,
  index: { tier: entry.tier, owner: entry.owner },
  expect,
});
