import { MLOpsError } from '../../errors.js';
import type { Context } from '../../runtime/context.js';
import {
  type LoadedSubjectKey,
  type SubjectKey,
  checkSubject,
  isSubject,
  predictionsCollection,
  putSubjectKey,
  retrainingsCollection,
} from '../../sealing/subject-key.js';
import { SubjectKeys } from '../../sealing/subject-keys.js';
import type { Change, Storage } from '../../storage/storage.js';
import { checkObject, refuse } from '../../util/check.js';
import { toIso } from '../../util/clock.js';
import type { Plan } from '../control-plane.js';

/** What is told of a subject. */
export interface SubjectStatus {
  /** The subject's pseudonym, as the audit trail has it. */
  readonly subject: string;
  /** Why it may not be erased, while that is so. */
  readonly hold?: string;
  /** ISO 8601: when its key was destroyed. */
  readonly erasedAt?: string;
  /**
   * Of an erasure, ids of retrainings that have not ended: they keep the rows that they learn from, which may be about the
   * subject, until they are resumed to their end, or another retraining of the model is begun.
   */
  readonly unfinishedRetrainings?: readonly string[];
}

const dayMs = 86_400_000;

/** @throws MLOpsError `INVALID_INPUT` */
export function checkSubjectRequest(subject: unknown, options: { readonly reason?: unknown }): string {
  if (!isSubject(subject)) refuse('a subject is a text of 1 to 512 characters');
  const { reason } = checkObject(options, 'what is said of a subject');
  return typeof reason === 'string' && reason.trim() !== '' ? reason : refuse('pass { reason }, for the audit trail');
}

/** What a subject goes by in the audit trail: as its record, or as it would when there is none. */
export async function subjectResource(context: Context, subject: string) {
  const { found, names } = await new SubjectKeys(context.keys).find(await context.stores.storage(), subject);
  return { type: 'subject', id: found[0]?.subject ?? names[0]! };
}

/** Destroys the data key of a subject, unless a hold or the minimum retention of its payloads stands against it. */
export async function planErasure(context: Context, storage: Storage, subject: string): Promise<Plan<SubjectStatus>> {
  const now = context.clock.now();
  const plan = await planChange(context, storage, subject, async (found) => {
    if (found.every(({ value }) => value.erasedAt !== null)) return undefined;
    const hold = found.find(({ value }) => value.hold !== null)?.value.hold;
    if (hold != null) throw refused(`it is on hold since ${toIso(hold.at)} (${hold.reason}); release it first`);
    const until = await keptUntil(context, storage, found);
    if (until > now) throw refused(`retention.predictions_minimum_days keeps its predictions until ${toIso(until)}`);
    return (value) => ({ ...value, keyId: null, wrapped: null, erasedAt: value.erasedAt ?? now });
  });
  const unfinished = await findUnfinished(storage);
  if (unfinished.length === 0) return plan;
  const result = { ...plan.result, unfinishedRetrainings: unfinished };
  return {
    ...plan,
    result,
    detail: { unfinishedRetrainings: unfinished.slice(0, mostNamed), count: unfinished.length },
  };
}

/** Most retrainings that an audit record names: what is more is counted. */
const mostNamed = 20;

async function findUnfinished(storage: Storage): Promise<readonly string[]> {
  const unfinished: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await storage.query(retrainingsCollection, {
      where: { field: 'status', op: 'in', values: ['running', 'interrupted'] },
      limit: 1_000,
      ...(cursor !== undefined && { cursor }),
    });
    unfinished.push(...page.records.map(({ id }) => id));
    if ((cursor = page.cursor) === undefined) return unfinished;
  }
}

/** Keeps a subject from being erased, and its payloads from being deleted. */
export function planHold(context: Context, storage: Storage, subject: string, reason: string) {
  const at = context.clock.now();
  return planChange(context, storage, subject, (found) => {
    if (found.some(({ value }) => value.erasedAt !== null)) {
      throw new MLOpsError('ILLEGAL_STATE', 'the subject was erased: there is nothing left to hold');
    }
    return Promise.resolve((value) => ({ ...value, hold: { reason, at } }));
  });
}

export const planRelease = (context: Context, storage: Storage, subject: string) =>
  planChange(context, storage, subject, () => Promise.resolve((value) => ({ ...value, hold: null })));

/** @param decide what becomes of each record of the subject; undefined when nothing is to be done */
async function planChange(
  context: Context,
  storage: Storage,
  subject: string,
  decide: (found: readonly LoadedSubjectKey[]) => Promise<((value: SubjectKey) => SubjectKey) | undefined>,
): Promise<Plan<SubjectStatus>> {
  const { found, names } = await new SubjectKeys(context.keys).find(storage, subject);
  if (found[0] === undefined) throw new MLOpsError('NOT_FOUND', 'nothing is stored for this subject');
  const change = await decide(found);
  const after = found.map((key) => ({ ...key, value: change?.(key.value) ?? key.value }));
  const changes: readonly Change[] =
    change === undefined
      ? []
      : [
          ...after.map((key) => putSubjectKey(key.subject, key.value, key.version)),
          ...names.map((name) => checkSubject(name, 'absent')),
        ];
  return { changes, result: statusOf(after[0]!) };
}

/** Until when the minimum retention keeps the newest payload of a subject, UTC milliseconds; 0 when there is none. */
async function keptUntil(context: Context, storage: Storage, found: readonly LoadedSubjectKey[]): Promise<number> {
  const { records } = await storage.query(predictionsCollection, {
    where: { field: 'subject', op: 'in', values: found.map(({ subject }) => subject) },
    orderBy: [{ field: 'at', direction: 'desc' }],
    limit: 1,
  });
  if (records[0] === undefined) return 0;
  const { at } = records[0].value as unknown as { readonly at: number };
  return at + context.config.policy.retention.predictionsMinimumDays * dayMs;
}

const statusOf = ({ subject, value: { hold, erasedAt } }: LoadedSubjectKey): SubjectStatus => ({
  subject,
  ...(hold !== null && { hold: hold.reason }),
  ...(erasedAt !== null && { erasedAt: toIso(erasedAt) }),
});

const refused = (why: string): MLOpsError => new MLOpsError('ILLEGAL_STATE', `the subject is not erased: ${why}`);
