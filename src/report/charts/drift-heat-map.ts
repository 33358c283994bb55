import type { DriftHistory } from '../../drift/drift-history.js';
import { type Chart, chartData, frame, labelWidth, shortLabels } from './chart.js';
import { verdictEncoding, verdictKeys, verdictText } from './verdict-marks.js';

const most = { columns: 60, checks: 40, narrowChecks: 14 };
const order = ['drifted', 'inconclusive', 'not_assessed', 'stable'] as const;

/** Columns over checks, newest at the right: verdicts by mark and colour, stronger where the distance is larger. */
export function driftHeatMap({ columns, checks }: DriftHistory): Chart {
  const severity = (points: readonly { readonly verdict: string }[]): number =>
    order.findIndex((verdict) => verdict === points.at(-1)?.verdict);
  const shown = columns.toSorted((a, b) => severity(a.points) - severity(b.points)).slice(0, most.columns);
  const verdicts = order.filter((verdict) => shown.some(({ points }) => points.some((p) => p.verdict === verdict)));
  const now = verdicts.map((verdict) => {
    const count = shown.filter(({ points }) => points.at(-1)?.verdict === verdict).length;
    return `${count} ${verdictText(verdict)}`;
  });
  return {
    title: 'Columns over checks',
    description: `${shown.length} columns over ${checks.length} checks, the newest at the right; now ${now.join(', ')}. The table has the same numbers.`,
    key: [...verdictKeys(verdicts), { symbol: '░▓', meaning: 'fainter to stronger: distance' }],
    draw: (look) => {
      const isNarrow = look.width < 500;
      const recent = checks.slice(-(isNarrow ? most.narrowChecks : most.checks));
      const places = new Map(recent.map(({ reportId }, i) => [reportId, i]));
      const labels = shortLabels(
        shown.map(({ column }) => column),
        isNarrow ? 15 : 28,
      );
      const largest = Math.max(
        0.01,
        ...shown.flatMap(({ points }) => points.map(({ distance }) => distance?.value ?? 0)),
      );
      const rows = shown.flatMap(({ points }, i) =>
        points.flatMap(({ reportId, verdict, distance }) => {
          const place = places.get(reportId);
          return place === undefined
            ? []
            : [
                {
                  column: labels[i]!,
                  check: place,
                  verdict,
                  strength: 0.15 + 0.55 * ((distance?.value ?? 0) / largest),
                },
              ];
        }),
      );
      const { color = null, shape = null } = verdictEncoding('verdict', verdicts, look);
      const day = (i: number): string => recent[i]?.createdAt.slice(5, 10) ?? '';
      const x = {
        field: 'check',
        type: 'ordinal',
        scale: { domain: recent.map((_, i) => i), paddingInner: 0.04 },
        title: recent.length === 0 ? null : `checks, ${day(0)} to ${day(recent.length - 1)}`,
        axis: { labels: false, ticks: false, domain: false },
      };
      const y = {
        field: 'column',
        type: 'nominal',
        sort: null,
        title: null,
        axis: { domain: false, ticks: false, labelColor: look.palette.ink },
      };
      return frame(
        look,
        22 * labels.length,
        { left: labelWidth(labels), bottom: 28 },
        {
          data: chartData(rows),
          layer: [
            {
              mark: { type: 'rect' },
              encoding: {
                x,
                y,
                color,
                opacity: { field: 'strength', type: 'quantitative', legend: null, scale: null },
              },
            },
            {
              mark: { type: 'point', filled: true, opacity: 1, size: 36, color: look.palette.ink },
              encoding: { x, y, shape },
            },
          ],
        },
      );
    },
  };
}
