import { isDamage } from '../errors.js';
import { parseDate } from '../data/cell.js';
import type { Storage } from '../storage/storage.js';
import { checkOneOf, checkOptions, checkText, describe, refuse } from '../util/check.js';
import { deepFreeze } from '../util/freeze.js';
import { type Watch, checkNotAborted } from '../util/in-steps.js';
import type { JsonValue } from '../util/json.js';
import { type LogPlace, againIfMoved, findLogPlace, movedMeanwhile } from './audit/log-start.js';
import { type AuditDecision, type AuditRecord, isAuditRecord } from './audit-record.js';

/** Which audit records are wanted; what is not given does not restrict. */
export interface AuditFilter {
  readonly actor?: string;
  readonly action?: string;
  readonly decision?: AuditDecision;
  readonly resourceId?: string;
  /** What was done under this emergency. */
  readonly breakGlass?: string;
  /** ISO 8601, UTC unless they name an offset: only records from then on, and before then. */
  readonly since?: string;
  readonly until?: string;
  /** Position of the first record to look at. */
  readonly from?: number;
  /** Most records to return; 100 unless told. */
  readonly limit?: number;
  /** Begins at the end of the log instead of at its beginning. */
  readonly newestFirst?: boolean;
}

const filterNames = [
  'actor',
  'action',
  'decision',
  'resourceId',
  'breakGlass',
  'since',
  'until',
  'from',
  'limit',
  'newestFirst',
];

/** Records read at once: few where the first ones may be all that is wanted, then as many as memory is bounded by. */
const firstBatch = 500;
const largestBatch = 8_000;

/**
 * Iterates the log in order, with memory bounded by a batch. Records before the log's start are left out, and so are those that
 * are written meanwhile: whoever writes without a pause does not keep a reader from the end.
 *
 * @param place where the log is, when that is known; of a log that is moved meanwhile, the rest is read where it went
 * @throws ConflictError when records were removed that should have come next: see {@link againIfMoved}
 * @throws MLOpsError `ABORTED`
 */
export async function* readAuditTrail(
  storage: Storage,
  from = 0,
  place?: LogPlace,
  { signal, onProgress }: Watch = {},
): AsyncGenerator<{ seq: number; value: JsonValue }> {
  let at = place ?? (await findLogPlace(storage));
  let end = Infinity;
  for (let next = Math.max(from, at.from), limit = firstBatch; ; limit = Math.min(2 * limit, largestBatch)) {
    checkNotAborted(signal);
    const count = Math.min(Math.ceil(limit), end - next);
    const page = await storage.read(at.stream, { from: next - at.from, limit: count }).catch((error: unknown) => {
      if (!isDamage(error) || count === 1) throw error;
      return undefined;
    });
    if (page === undefined) {
      limit = count / 4; // which is doubled: what is before the damage is read
      continue;
    }
    if (end === Infinity && page.length > 0) end = at.from + page.length; // a stream of no length was moved just now
    for (const { seq, value } of page.entries) yield { seq: seq + at.from, value };
    next += page.entries.length;
    onProgress?.((next - at.from) / (end - at.from));
    if (next >= end) return;
    if (page.entries.length > 0 && next - at.from < page.length) continue;
    const now = await findLogPlace(storage);
    if (now.stream === at.stream) return;
    if (next < now.from) throw movedMeanwhile(at.version, now.version);
    at = now;
  }
}

/** The last records of the log, oldest first, and how many there ever were. */
export async function readAuditEnd(
  storage: Storage,
  count: number,
): Promise<{
  readonly entries: readonly { readonly seq: number; readonly value: JsonValue }[];
  readonly length: number;
}> {
  for (;;) {
    const { stream, from } = await findLogPlace(storage);
    const { length } = await storage.read(stream, { limit: 0 });
    if (length === 0 && (await findLogPlace(storage)).stream !== stream) continue; // moved just now
    const { entries } =
      length === 0 ? { entries: [] } : await storage.read(stream, { from: Math.max(0, length - count) });
    return { entries: entries.map(({ seq, value }) => ({ seq: seq + from, value })), length: length + from };
  }
}

/** Iterates the log from its end to its beginning, or to a position. */
async function* readBackwards(storage: Storage, from = 0): AsyncGenerator<{ value: JsonValue }> {
  let at = await findLogPlace(storage);
  let { length: before } = await readAuditEnd(storage, 0);
  for (let limit = firstBatch; before > Math.max(from, at.from); limit = Math.min(2 * limit, largestBatch)) {
    const first = Math.max(from, at.from, before - limit);
    const { entries } = await storage.read(at.stream, { from: first - at.from, limit: before - first });
    if (entries.length < before - first) {
      const now = await findLogPlace(storage);
      if (now.stream === at.stream) return;
      at = now; // moved: what is older than its beginning is gone
      continue;
    }
    yield* entries.toReversed();
    before = first;
  }
}

/** Records that match, oldest first unless told otherwise. @throws MLOpsError `INVALID_INPUT` */
export async function listAuditRecords(storage: Storage, filter: AuditFilter = {}): Promise<readonly AuditRecord[]> {
  checkOptions(filter, filterNames, 'list');
  if (filter.resourceId !== undefined) checkText(filter.resourceId, 'resourceId');
  if (filter.decision !== undefined) checkOneOf(filter.decision, ['allow', 'deny', 'error'], 'decision');
  for (const name of ['from', 'limit'] as const) {
    const count = filter[name] ?? 0;
    const isCount = Number.isSafeInteger(count) || count === Infinity;
    if (!isCount) refuse(`${name} must be a whole number, got ${describe(count)}`);
  }
  return againIfMoved(() => findAuditRecords(storage, filter));
}

async function findAuditRecords(storage: Storage, filter: AuditFilter): Promise<readonly AuditRecord[]> {
  const found: AuditRecord[] = [];
  const limit = filter.limit ?? 100;
  if (limit <= 0) return found;
  const [since, until] = [timeOf(filter.since, 'since', -Infinity), timeOf(filter.until, 'until', Infinity)];
  const read = filter.newestFirst === true ? readBackwards : readAuditTrail;
  for await (const { value } of read(storage, filter.from)) {
    if (!isAuditRecord(value)) continue; // verification, not listing, reports damage
    if (filter.actor !== undefined && value.actor.id !== filter.actor && value.actor.onBehalfOf !== filter.actor)
      continue;
    if (filter.action !== undefined && value.action !== filter.action) continue;
    if (filter.decision !== undefined && value.decision !== filter.decision) continue;
    if (filter.resourceId !== undefined && value.resource.id !== filter.resourceId) continue;
    if (filter.breakGlass !== undefined && value.actor.breakGlass !== filter.breakGlass) continue;
    const at = Date.parse(value.ts);
    if (at < since || at >= until) continue;
    found.push(deepFreeze(value));
    if (found.length === limit) break;
  }
  return found;
}

function timeOf(text: string | undefined, what: string, otherwise: number): number {
  if (text === undefined) return otherwise;
  const at = parseDate(checkText(text, what));
  if (Number.isNaN(at)) refuse(`${what} must be a time such as 2026-01-31 or 2026-01-31T18:00:00Z, got ${text}`);
  return at;
}
