import { type ScopeSource, scopeOfRecord } from '../../governance/access/scope.js';
import { parseDate } from '../../data/cell.js';
import { MLOpsError } from '../../errors.js';
import { accessRulesOf } from '../../governance/access/access-rules.js';
import type { Context } from '../../runtime/context.js';
import type { Loaded } from '../../registry/stage-change.js';
import type { Storage, Where } from '../../storage/storage.js';
import { refuse } from '../../util/check.js';

/** @throws MLOpsError `NOT_FOUND` */
export async function loadItem<T>(storage: Storage, collection: string, id: string, what: string): Promise<Loaded<T>> {
  const record = await storage.get(collection, id);
  if (record !== undefined) return { value: record.value as unknown as T, recordVersion: record.version };
  throw new MLOpsError('NOT_FOUND', `there is no ${what} ${id}; list() shows those there are`);
}

/** The model that a record is about, which the caller must have the permission for. */
export const modelOfRecord = (collection: string, id: string): ScopeSource =>
  scopeOfRecord(collection, id, ({ modelName }: { readonly modelName: string }) => ({ model: modelName }));

/** Every record of a collection, or those of one model, oldest first. */
export async function listItems<T>(storage: Storage, collection: string, modelName?: string): Promise<readonly T[]> {
  const where: Where | undefined =
    modelName === undefined ? undefined : { field: 'modelName', op: 'eq', value: modelName };
  const found: T[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await storage.query(collection, {
      ...(where !== undefined && { where }),
      ...(cursor !== undefined && { cursor }),
      orderBy: [{ field: 'id', direction: 'asc' }],
      limit: 1_000,
    });
    found.push(...page.records.map(({ value }) => value as unknown as T));
    cursor = page.cursor;
    if (cursor === undefined) return found;
  }
}

/** A text that a person wrote: why, what. */
export function checkText(value: unknown, what: string): string {
  if (typeof value !== 'string' || value.trim() === '' || !value.isWellFormed() || value.length > 4_000) {
    refuse(`${what} must be a text of at most 4,000 characters`);
  }
  return value;
}

/** ISO 8601, UTC unless it names an offset, or a Date; as UTC milliseconds. */
export function checkDate(value: unknown, what: string): number {
  const ms = value instanceof Date ? value.getTime() : typeof value === 'string' ? parseDate(value) : NaN;
  if (Number.isNaN(ms))
    refuse(`${what} must be a date that exists or ISO 8601 such as 2026-12-31, got ${String(value)}`);
  return ms;
}

/** Who decides must be a person, and none of those named, under any name of theirs. @throws MLOpsError `FORBIDDEN` */
export function checkDecider(
  { principal, config }: Pick<Context, 'principal' | 'config'>,
  others: readonly { readonly id: string; readonly did: string }[],
): string {
  if (principal?.type !== 'person') {
    throw new MLOpsError(
      'FORBIDDEN',
      `${principal?.id ?? 'an unknown caller'} is not a person; a person has to decide`,
    );
  }
  const rules = accessRulesOf(config.policy); // one person under two names is one person
  const same = others.find(({ id }) => rules.identityOf(id) === rules.identityOf(principal.id));
  if (same === undefined) return principal.id;
  throw new MLOpsError('FORBIDDEN', `${principal.id} ${same.did}; somebody else has to decide`);
}
