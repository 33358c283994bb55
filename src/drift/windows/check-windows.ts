import { type DataSource, readTable } from '../../data/read-table.js';
import type { Table } from '../../data/table.js';
import type { ControlPlane } from '../../governance/control-plane.js';
import { refuse } from '../../util/check.js';
import { toIso } from '../../util/clock.js';
import { type Digest, digestJson } from '../../util/digest.js';
import { deepFreeze } from '../../util/freeze.js';
import { checkNotAborted } from '../../util/in-steps.js';
import type { DetectDriftOptions } from '../drift-options.js';
import type { DriftReport, DriftWindow } from '../drift-report.js';
import { readWindowReports } from '../stored-reports.js';
import { planWindows } from './plan-windows.js';
import {
  type WindowSequence,
  type WindowTurn,
  type WindowsCall,
  beginning,
  readSequence,
  testedAfter,
} from './sequence.js';
import type { WindowsCheck, readWindowOptions } from './window-options.js';

/** Dates of a day that has not come everywhere, and clocks, differ by less from the time here. */
const aheadMs = 86_400_000;

/** Judges the windows of the current data one after the other, from where their sequence stands. */
export async function checkWindows(
  { check, sequence, settings, shape }: ReturnType<typeof readWindowOptions>,
  {
    control,
    detect,
    now,
  }: {
    readonly control: ControlPlane;
    readonly now: number;
    readonly detect: (check: DetectDriftOptions, turn: WindowTurn) => Promise<DriftReport>;
  },
): Promise<WindowsCheck> {
  const { modelName, signal, onProgress, baselineData, currentData, ...shared } = check;
  const { timeColumn } = settings;
  const latest = now + aheadMs;
  if (shape.until !== undefined && shape.until > latest)
    refuse(
      `until, ${toIso(shape.until)}, has not come yet: no data are complete up to there; leave it out, or pass a time that has passed`,
    );
  const found = await control.access('drift.read', { model: modelName }, async (storage) =>
    readSequence(storage, modelName, sequence, settings),
  );
  const read = async (source: DataSource): Promise<Table> => readTable(source, { signal, unreadable: 'missing' });
  const current = await read(currentData);
  const digest = digestJson({ rows: await current.digestInSteps({ signal }), until: shape.until ?? null });
  const repeated = found?.call?.digest === digest ? found.call : undefined;
  if (found !== undefined && repeated === undefined && shape.from !== undefined) {
    refuse(`the sequence ${JSON.stringify(sequence)} goes on at ${found.end}; leave from out, or begin another`);
  }
  const begin = repeated?.from ?? found?.end;
  const cut = { ...shape, latest, ...(begin !== undefined && { from: Date.parse(begin) }) };
  // A quiet day may bring nothing at all, not even the names of columns.
  const isQuiet = current.rowCount === 0 && cut.from !== undefined;
  const { windows, pending, ...left } = planWindows(isQuiet ? new Float64Array() : timesOf(current, timeColumn), cut);
  const judged = found?.windows ?? 0;
  const first = repeated?.first ?? judged + 1;
  const waiting = windows.slice(judged + 1 - first);
  const told = found === undefined ? [] : await reportsToTell(found, digest, control);
  const call: WindowsCall = {
    digest,
    from: toIso(windows[0]?.from ?? pending.from),
    first,
    last: first + windows.length - 1,
    tells: told[0]?.window?.number ?? first,
  };
  const baseline = baselineData === undefined || waiting.length === 0 ? undefined : await read(baselineData);
  const reports = [...told];
  let before = found?.tested ?? beginning;
  for (const [i, { from, to, rows }] of waiting.entries()) {
    checkNotAborted(signal);
    const number = judged + i + 1;
    const window: DriftWindow = { sequence, number, timeColumn, from: toIso(from), to: toIso(to), before };
    const report = await detect(
      {
        ...shared,
        modelName,
        ...(signal !== undefined && { signal }),
        ...(baseline !== undefined && { baselineData: baseline }),
        currentData: current.take(rows),
      },
      { window, settings, call },
    );
    reports.push(report);
    before = testedAfter(window, report);
    onProgress?.((i + 1) / waiting.length);
  }
  return deepFreeze({
    modelName,
    sequence,
    reports,
    pending: { from: toIso(pending.from), rows: pending.rows },
    ...left,
  });
}

/**
 * What was judged and is to be told of: in a repetition what the call before judged, which may have died before it told anybody;
 * else what a call judged that never reached its last window.
 */
async function reportsToTell(
  { modelName, sequence, windows, call }: WindowSequence,
  digest: Digest,
  control: ControlPlane,
): Promise<readonly DriftReport[]> {
  if (call === undefined || (call.digest !== digest && windows === call.last)) return [];
  const reports = await control.access('drift.read', { model: modelName }, async (storage) =>
    readWindowReports(storage, modelName, sequence, windows - call.tells + 1),
  );
  return reports.toReversed();
}

/** @throws MLOpsError `INVALID_INPUT` when there is no such column, or no date in it */
function timesOf(table: Table, timeColumn: string): Float64Array {
  const column = table.column(timeColumn);
  if (column.missingCount === table.rowCount) refuse(`timeColumn ${JSON.stringify(timeColumn)} has no values`);
  if (column.kind === 'date') return column.values;
  const holds = column.kind === 'numeric' ? 'numbers' : 'texts';
  return refuse(`timeColumn ${JSON.stringify(timeColumn)} holds ${holds}; it needs dates such as 2026-01-31`);
}
