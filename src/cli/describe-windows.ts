import type { DriftReport } from '../drift/drift-report.js';
import type { WindowsCheck } from '../drift/windows/window-options.js';
import { formatTable } from './output.js';

/** The windows that were judged, a line each, and what waits or was left alone. */
export function describeWindows({
  modelName,
  sequence,
  reports,
  pending,
  rowsAhead,
  lateRows,
  rowsWithoutTime,
}: WindowsCheck): string {
  const drifted = reports.filter(({ verdict }) => verdict === 'drifted').length;
  const left = [
    ...(pending.rows > 0
      ? [`${pending.rows} rows from ${day(pending.from)} wait for their window to be complete`]
      : []),
    ...(rowsAhead > 0
      ? [
          `${rowsAhead} of them are dated a day or more after now, and complete no window: see whether their dates are right`,
        ]
      : []),
    ...(lateRows > 0 ? [`${lateRows} rows belong to windows that were judged before`] : []),
    ...(rowsWithoutTime > 0 ? [`${rowsWithoutTime} rows have no time`] : []),
  ];
  return [
    `${modelName}, sequence ${sequence}: ${reports.length} windows judged, ${drifted} drifted`,
    ...(reports.length === 0
      ? []
      : [
          formatTable(
            ['window', 'from', 'to', 'rows', 'verdict', 'level', 'drifted columns', 'report'],
            reports.map(line),
          ),
        ]),
    ...left,
  ].join('\n');
}

function line({ window, inputs, verdict, columns, reportId }: DriftReport): string[] {
  const { number, from, to } = window!;
  return [
    String(number),
    day(from),
    day(to),
    String(inputs.currentRows),
    verdict,
    inputs.driftError.toPrecision(2),
    columns.flatMap((column) => (column.verdict === 'drifted' ? [column.column] : [])).join(', '),
    reportId,
  ];
}

/** A time of day only where there is one. */
const day = (time: string): string => time.replace('T00:00:00.000Z', '');
