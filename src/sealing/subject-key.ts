import { MLOpsError } from '../errors.js';
import type { Change, Storage } from '../storage/storage.js';
import type { JsonValue } from '../util/json.js';

/** The data keys of subjects, by the subject's pseudonym. Who the subjects are is stored nowhere. */
export const subjectKeysCollection = 'subject_keys';

/** Records that may be encrypted for a subject; index fields `subject` (its pseudonym) and `at` (UTC milliseconds). */
export const predictionsCollection = 'canary_predictions';

/** Retrainings: until one has ended, the rows that it learns from are kept, encrypted as a whole and not by subject. */
export const retrainingsCollection = 'retrainings';

/** Whether a value can say who a subject is: text of up to 512 characters. */
export const isSubject = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= 512;

/** Why a subject may not be erased for now. */
export interface SubjectHold {
  readonly reason: string;
  /** UTC milliseconds. */
  readonly at: number;
}

/** What is known of a subject: a data key, or that it was destroyed. The record of an erased subject stays for good. */
export interface SubjectKey {
  readonly v: 1;
  /** The key that wrapped the data key; null once erased. */
  readonly keyId: string | null;
  /** The wrapped data key, base64; null once erased. */
  readonly wrapped: string | null;
  readonly hold: SubjectHold | null;
  /** UTC milliseconds. */
  readonly erasedAt: number | null;
}

export interface LoadedSubjectKey {
  /** The subject's pseudonym. */
  readonly subject: string;
  readonly version: number;
  readonly value: SubjectKey;
}

export async function findSubjectKey(storage: Storage, subject: string): Promise<LoadedSubjectKey | undefined> {
  const found = await storage.get(subjectKeysCollection, subject);
  if (found === undefined) return undefined;
  return { subject, version: found.version, value: checkSubjectKey(found.value, subject) };
}

export const putSubjectKey = (subject: string, value: SubjectKey, expect: 'absent' | number): Change => ({
  kind: 'put',
  collection: subjectKeysCollection,
  id: subject,
  value: value as unknown as JsonValue,
  index: { keyId: value.keyId },
  expect,
});

/** Holds a commit to the state that a subject's key was read in: it was not destroyed meanwhile. */
export const checkSubject = (subject: string, expect: 'absent' | number): Change => ({
  kind: 'check',
  collection: subjectKeysCollection,
  id: subject,
  expect,
});

/** What a subject's data key is authenticated with. */
export const subjectContext = (subject: string): Uint8Array =>
  Buffer.from(`bondx-mlops subject v1\0${subject}`, 'utf8');

/** The records whose data key is wrapped by this key (`eq`), or by another (`ne`). */
export async function* subjectKeysWhere(
  storage: Storage,
  op: 'eq' | 'ne',
  keyId: string,
): AsyncGenerator<LoadedSubjectKey> {
  for (let cursor: string | undefined; ;) {
    const where = { field: 'keyId', op, value: keyId } as const;
    const page = await storage.query(subjectKeysCollection, {
      where,
      limit: 1000,
      ...(cursor !== undefined && { cursor }),
    });
    for (const { id, version, value } of page.records) {
      yield { subject: id, version, value: checkSubjectKey(value, id) };
    }
    if (page.cursor === undefined) return;
    cursor = page.cursor;
  }
}

function checkSubjectKey(value: JsonValue, subject: string): SubjectKey {
  const record = value as unknown as Partial<SubjectKey> | null;
  const isWhole = typeof record?.wrapped === 'string' && typeof record.keyId === 'string' && record.erasedAt === null;
  const isErased = record?.wrapped === null && record.keyId === null && typeof record.erasedAt === 'number';
  if (record?.v === 1 && (isWhole || isErased)) return record as SubjectKey;
  throw new MLOpsError('CORRUPT', `the record of the subject ${subject} is damaged; restore it from a backup`);
}
