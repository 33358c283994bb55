import type { ColumnDrift, DriftVerdict } from '../../drift/drift-report.js';
import { type Chart, chartData, frame, labelWidth, shortLabels } from './chart.js';
import { verdictEncoding, verdictKeys, verdictText } from './verdict-marks.js';

const order: readonly DriftVerdict[] = ['drifted', 'inconclusive', 'not_assessed', 'stable'];

/** Rows of the chart at most; the table beside it has every column. */
const mostRows = 120;

/** What matters most first: by verdict, then by distance. */
export const byImportance = (columns: readonly ColumnDrift[]): ColumnDrift[] =>
  columns.toSorted(
    (a, b) =>
      order.indexOf(a.verdict) - order.indexOf(b.verdict) || (b.distance?.value ?? -1) - (a.distance?.value ?? -1),
  );

/** How far each column moved, with its confidence interval and its tolerance. */
export function driftDistances(columns: readonly ColumnDrift[]): Chart {
  const shown = byImportance(columns)
    .filter(({ distance }) => distance !== undefined)
    .slice(0, mostRows);
  const verdicts = order.filter((verdict) => shown.some((column) => column.verdict === verdict));
  const left = columns.length - shown.length;
  const counts = verdicts.map((v) => `${shown.filter(({ verdict }) => verdict === v).length} ${verdictText(v)}`);
  return {
    title: 'How far each column moved',
    description:
      `Distance of each column with its confidence interval beside its tolerance: ${counts.join(', ')}` +
      `${left > 0 ? `; ${left} more ${left === 1 ? 'column is' : 'columns are'} in the table only` : ''}. ` +
      'The table of columns has the same numbers.',
    key: [
      ...verdictKeys(verdicts),
      { symbol: '—', meaning: 'confidence interval' },
      { symbol: '❘', meaning: 'tolerance', colour: 'ink' },
    ],
    draw: (look) => {
      const labels = shortLabels(
        shown.map(({ column }) => column),
        look.width < 500 ? 15 : 28,
      );
      const rows = shown.map(({ distance, tolerance, verdict }, i) => ({
        column: labels[i]!,
        value: distance!.value,
        lower: distance!.lower,
        upper: distance!.upper,
        tolerance,
        verdict,
      }));
      const furthest = Math.max(0.05, ...rows.map(({ upper, tolerance }) => Math.max(upper, tolerance)));
      const marks = verdictEncoding('verdict', verdicts, look);
      const y = {
        field: 'column',
        type: 'nominal',
        sort: null,
        title: null,
        axis: { domain: false, ticks: false, labelColor: look.palette.ink },
      };
      const x = (field: string) => ({
        field,
        type: 'quantitative',
        title: 'distance (KS or total variation)',
        scale: { domain: [0, Math.min(1, furthest * 1.05)], clamp: true },
        axis: { tickCount: look.width < 500 ? 4 : 8 },
      });
      return frame(
        look,
        20 * rows.length,
        { left: labelWidth(labels) },
        {
          data: chartData(rows),
          layer: [
            {
              mark: { type: 'rule', strokeWidth: 2 },
              encoding: { y, x: x('lower'), x2: { field: 'upper' }, color: marks['color']! },
            },
            {
              mark: { type: 'tick', thickness: 2, size: 14, color: look.palette.ink },
              encoding: { y, x: x('tolerance') },
            },
            { mark: { type: 'point', filled: true, opacity: 1, size: 64 }, encoding: { y, x: x('value'), ...marks } },
          ],
        },
      );
    },
  };
}
