import { MLOpsError } from '../../errors.js';
import type { Change, Storage, StoredRecord } from '../../storage/storage.js';
import type { Digest } from '../../util/digest.js';
import type { JsonValue } from '../../util/json.js';
import type { DriftReport, DriftWindow } from '../drift-report.js';

export const driftSequencesCollection = 'drift_sequences';

/** How the windows of a sequence are cut; the same from the first to the last. */
export type WindowSettings = { readonly timeColumn: string } & (
  | { readonly windowMs: number; readonly windowRows?: never }
  | { readonly windowRows: number; readonly windowMs?: never }
);

/** Where a sequence of windows stands; the next window goes on from here. */
export type WindowSequence = WindowSettings & {
  readonly modelName: string;
  readonly sequence: string;
  /** Windows judged. */
  readonly windows: number;
  /** ISO 8601: where the next window begins. */
  readonly end: string;
  /** What the next window may spend follows from it. */
  readonly tested: DriftWindow['before'];
  /** The call that judged the last of them. Sequences of older versions have none. */
  readonly call?: WindowsCall;
};

/** A call that judges windows. It may die before it has told anybody what it found. */
export interface WindowsCall {
  /** Of its rows, and of how far they are complete: a call with the same is its repetition. */
  readonly digest: Digest;
  /** ISO 8601: where its first window begins. */
  readonly from: string;
  /** Numbers of its first and its last window. */
  readonly first: number;
  readonly last: number;
  /** Number of the first window that it tells of: those of calls before it that did not reach their last one as well. */
  readonly tells: number;
}

/** Names may hold any character, so they are encoded. */
const sequenceId = (modelName: string, sequence: string): string =>
  `${encodeURIComponent(modelName)}/${encodeURIComponent(sequence)}`;

const readRecord = async (storage: Storage, modelName: string, sequence: string): Promise<StoredRecord | undefined> =>
  storage.get(driftSequencesCollection, sequenceId(modelName, sequence));

/** @throws MLOpsError `ILLEGAL_STATE` for a sequence that was begun with other windows */
export async function readSequence(
  storage: Storage,
  modelName: string,
  sequence: string,
  settings: WindowSettings,
): Promise<WindowSequence | undefined> {
  const record = await readRecord(storage, modelName, sequence);
  const found = record?.value as unknown as WindowSequence | undefined;
  if (found === undefined || say(found) === say(settings)) return found;
  throw new MLOpsError(
    'ILLEGAL_STATE',
    `the sequence ${JSON.stringify(sequence)} of ${modelName} has ${say(found)}, not ${say(settings)}; ` +
      'go on as it was begun, or begin another with the option sequence',
  );
}

const say = ({ timeColumn, windowMs, windowRows }: WindowSettings): string =>
  `windows of ${windowRows === undefined ? `${windowMs / 86_400_000} days` : `${windowRows} rows`} by ${timeColumn}`;

/** A window whose turn it is, and whose. */
export interface WindowTurn {
  readonly window: DriftWindow;
  readonly settings: WindowSettings;
  readonly call: WindowsCall;
}

/**
 * The change that appends a window's report to its sequence; it fails when somebody else went on with it.
 *
 * @throws MLOpsError `CONFLICT`
 */
export async function appendToSequence(
  storage: Storage,
  report: DriftReport,
  { window, settings, call }: WindowTurn,
): Promise<Change> {
  const { modelName } = report;
  const { sequence, number, to } = window;
  const record = await readRecord(storage, modelName, sequence);
  const judged = (record?.value as unknown as WindowSequence | undefined)?.windows ?? 0;
  if (judged !== number - 1) {
    throw new MLOpsError(
      'CONFLICT',
      `window ${number} of the sequence ${JSON.stringify(sequence)} of ${modelName} was judged by somebody else ` +
        'meanwhile; check again, and what follows is judged',
    );
  }
  const value: WindowSequence = {
    ...settings,
    modelName,
    sequence,
    windows: number,
    end: to,
    tested: testedAfter(window, report),
    call,
  };
  return {
    kind: 'put',
    collection: driftSequencesCollection,
    id: sequenceId(modelName, sequence),
    value: value as unknown as JsonValue,
    index: { modelName, sequence },
    expect: record?.version ?? 'absent',
  };
}

/** What was tested up to and with a window. A window in which no column could be judged spends nothing. Pure. */
export function testedAfter({ before }: DriftWindow, { columns }: DriftReport): DriftWindow['before'] {
  const counted = (verdict: 'drifted' | 'stable'): number =>
    columns.filter((column) => column.verdict === verdict).length;
  const isTested = columns.some(({ verdict }) => verdict !== 'not_assessed');
  return {
    windows: before.windows + Number(isTested),
    drifted: before.drifted + counted('drifted'),
    stable: before.stable + counted('stable'),
  };
}

export const beginning: DriftWindow['before'] = { windows: 0, drifted: 0, stable: 0 };
