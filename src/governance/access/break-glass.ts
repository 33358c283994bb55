import type { Principal } from '../../runtime/principal.js';
import { toIso } from '../../util/clock.js';
import { deepFreeze } from '../../util/freeze.js';
import type { JsonValue } from '../../util/json.js';
import type { Change, Storage } from '../../storage/storage.js';

export const breakGlassCollection = 'access.break_glass';

/** Somebody raised himself in an emergency. Times are UTC milliseconds when stored. */
export interface StoredBreakGlass {
  readonly breakGlassId: string;
  readonly principal: string;
  readonly type: Principal['type'];
  readonly role: string;
  readonly reason: string;
  readonly raisedAt: number;
  readonly expiresAt: number;
  readonly review: { readonly by: string; readonly at: number; readonly comment: string } | null;
}

/** A raising as a caller sees it. */
export interface BreakGlass extends Omit<StoredBreakGlass, 'raisedAt' | 'expiresAt' | 'review'> {
  /** ISO 8601, UTC, as the others. */
  readonly raisedAt: string;
  readonly expiresAt: string;
  readonly isOver: boolean;
  /** What another person said of it; until then it is unreviewed. */
  readonly review?: { readonly by: string; readonly at: string; readonly comment: string };
}

export function viewBreakGlass(stored: StoredBreakGlass, now: number): BreakGlass {
  const { raisedAt, expiresAt, review, ...rest } = stored;
  return deepFreeze({
    ...rest,
    raisedAt: toIso(raisedAt),
    expiresAt: toIso(expiresAt),
    isOver: now >= expiresAt,
    ...(review !== null && { review: { ...review, at: toIso(review.at) } }),
  });
}

export const putBreakGlass = (raising: StoredBreakGlass, expect: 'absent' | number): Change => ({
  kind: 'put',
  collection: breakGlassCollection,
  id: raising.breakGlassId,
  value: raising as unknown as JsonValue,
  index: {
    principal: raising.principal,
    type: raising.type,
    raisedAt: raising.raisedAt,
    expiresAt: raising.expiresAt,
    isReviewed: raising.review !== null,
  },
  expect,
});

/** The raisings that are in force for somebody, the longest first: they can be to different roles. A service of the same name is not raised. */
export async function findBreakGlass(
  storage: Storage,
  { id, type }: Pick<Principal, 'id' | 'type'>,
  now: number,
): Promise<readonly StoredBreakGlass[]> {
  const { records } = await storage.query(breakGlassCollection, {
    where: {
      and: [
        { field: 'principal', op: 'eq', value: id },
        { field: 'type', op: 'eq', value: type },
        { field: 'expiresAt', op: 'gt', value: now },
      ],
    },
    orderBy: [{ field: 'expiresAt', direction: 'desc' }],
    limit: 100,
  });
  return records.map(({ value }) => value as unknown as StoredBreakGlass);
}
