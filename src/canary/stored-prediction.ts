import { openPayload, sealPayload } from '../sealing/payload.js';
import { predictionsCollection } from '../sealing/subject-key.js';
import type { OpenSubjectKey } from '../sealing/subject-keys.js';
import type { Change, StoredRecord } from '../storage/storage.js';
import type { JsonValue } from '../util/json.js';

/** A prediction that waits for its actual value. */
export interface LoggedPrediction extends Waiting {
  readonly prediction: number;
  /** In shadow mode, what the candidate said; `prediction` is production's. */
  readonly shadowPrediction: number | null;
  readonly segment: string | null;
  /** Null until the actual value comes. */
  readonly actual: number | null;
}

interface Waiting {
  readonly requestId: string;
  readonly modelName: string;
  readonly deploymentId: string;
  /** Who answered; `pair` in shadow mode, where both did. */
  readonly arm: 'canary' | 'production' | 'pair';
  readonly step: number;
  readonly unit: number;
  /** When it was made, UTC milliseconds. */
  readonly at: number;
  /** Labels are taken until then, UTC milliseconds. */
  readonly until: number;
}

/** As it is stored for a subject: what the models said and what was true only in `payload`, encrypted. */
interface SealedPrediction extends Waiting {
  /** The subject's pseudonym. */
  readonly subject: string;
  readonly payload: string;
  readonly isLabelled: boolean;
}

/** @param key that of the subject the prediction is about, if there is one */
export function putPrediction(
  prediction: LoggedPrediction,
  expect: 'absent' | number,
  key: OpenSubjectKey | undefined,
): Change {
  const { requestId, deploymentId, at, until } = prediction;
  const value = key === undefined ? prediction : seal(prediction, key);
  return {
    kind: 'put',
    collection: predictionsCollection,
    id: requestId,
    value: value as unknown as JsonValue,
    index: { deploymentId, until, ...(key !== undefined && { subject: key.subject, at }) },
    expect,
  };
}

/** The pseudonym of the subject that a stored prediction is encrypted for. */
export const subjectOf = ({ value }: StoredRecord): string | undefined =>
  (value as unknown as Partial<SealedPrediction>).subject;

/** Whether it has its label; known without any key. */
export function isLabelled({ value }: StoredRecord): boolean {
  const stored = value as unknown as LoggedPrediction | SealedPrediction;
  return 'payload' in stored ? stored.isLabelled : stored.actual !== null;
}

/** @throws MLOpsError `CORRUPT` */
export function openPrediction({ value }: StoredRecord, key: OpenSubjectKey | undefined): LoggedPrediction {
  if (key === undefined) return value as unknown as LoggedPrediction;
  const { payload, subject: _subject, isLabelled: _isLabelled, ...waiting } = value as unknown as SealedPrediction;
  const said = openPayload(payload, key.dataKey, placeOf(waiting));
  return { ...waiting, ...(said as unknown as Omit<LoggedPrediction, keyof Waiting>) };
}

function seal(logged: LoggedPrediction, { subject, dataKey }: OpenSubjectKey): SealedPrediction {
  const { prediction, shadowPrediction, segment, actual, ...waiting } = logged;
  const said = { prediction, shadowPrediction, segment, actual };
  const payload = sealPayload(said, dataKey, placeOf(waiting));
  return { ...waiting, subject, payload, isLabelled: actual !== null };
}

const placeOf = ({ requestId }: Waiting): string => `${predictionsCollection}/${requestId}`;
