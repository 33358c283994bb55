import { type DataSource, readTable } from '../../data/read-table.js';
import type { Table } from '../../data/table.js';
import type { ControlPlane } from '../../governance/control-plane.js';
import { refuse } from '../../util/check.js';
import { toIso } from '../../util/clock.js';
import { deepFreeze } from '../../util/freeze.js';
import { checkNotAborted } from '../../util/in-steps.js';
import type { DetectDriftOptions } from '../drift-options.js';
import type { DriftReport, DriftWindow } from '../drift-report.js';
import { planWindows } from './plan-windows.js';
import { beginning, readSequence, testedAfter } from './sequence.js';
import type { WindowsCheck, readWindowOptions } from './window-options.js';

/** Judges the windows of the current data one after the other, from where their sequence stands. */
export async function checkWindows(
  { check, sequence, settings, shape }: ReturnType<typeof readWindowOptions>,
  {
    control,
    detect,
  }: {
    readonly control: ControlPlane;
    readonly detect: (check: DetectDriftOptions, window: DriftWindow) => Promise<DriftReport>;
  },
): Promise<WindowsCheck> {
  const { modelName, signal, onProgress, baselineData, currentData, ...shared } = check;
  const { timeColumn } = settings;
  const found = await control.access('drift.read', { model: modelName }, async (storage) =>
    readSequence(storage, modelName, sequence, settings),
  );
  if (found !== undefined && shape.from !== undefined) {
    refuse(`the sequence ${JSON.stringify(sequence)} goes on at ${found.end}; leave from out, or begin another`);
  }
  const read = async (source: DataSource): Promise<Table> => readTable(source, { signal, unreadable: 'missing' });
  const current = await read(currentData);
  const cut = { ...shape, ...(found !== undefined && { from: Date.parse(found.end) }) };
  // A quiet day may bring nothing at all, not even the names of columns.
  const isQuiet = current.rowCount === 0 && cut.from !== undefined;
  const { windows, pending, ...left } = planWindows(isQuiet ? new Float64Array() : timesOf(current, timeColumn), cut);
  const baseline = baselineData === undefined || windows.length === 0 ? undefined : await read(baselineData);
  const reports: DriftReport[] = [];
  let before = found?.tested ?? beginning;
  for (const { from, to, rows } of windows) {
    checkNotAborted(signal);
    const number = (found?.windows ?? 0) + reports.length + 1;
    const window: DriftWindow = { sequence, number, timeColumn, from: toIso(from), to: toIso(to), before };
    const report = await detect(
      {
        ...shared,
        modelName,
        ...(signal !== undefined && { signal }),
        ...(baseline !== undefined && { baselineData: baseline }),
        currentData: current.take(rows),
      },
      window,
    );
    reports.push(report);
    before = testedAfter(window, report);
    onProgress?.(reports.length / windows.length);
  }
  return deepFreeze({
    modelName,
    sequence,
    reports,
    pending: { from: toIso(pending.from), rows: pending.rows },
    ...left,
  });
}

/** @throws MLOpsError `INVALID_INPUT` when there is no such column, or no date in it */
function timesOf(table: Table, timeColumn: string): Float64Array {
  const column = table.column(timeColumn);
  if (column.missingCount === table.rowCount) refuse(`timeColumn ${JSON.stringify(timeColumn)} has no values`);
  if (column.kind === 'date') return column.values;
  const holds = column.kind === 'numeric' ? 'numbers' : 'texts';
  return refuse(`timeColumn ${JSON.stringify(timeColumn)} holds ${holds}; it needs dates such as 2026-01-31`);
}
