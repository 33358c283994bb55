import type { JsonObject } from '../../util/json.js';
import { percent } from '../page/numbers.js';
import {
  type Chart,
  type ChartKey,
  type ChartLook,
  type ChartSpec,
  chartData,
  frame,
  labelWidth,
  shortLabels,
} from './chart.js';
import type { ValueShares } from './value-shares.js';

/** What tells the two data sets apart: an area against a line, a bar against a mark. */
export const distributionKeys: readonly ChartKey[] = [
  { symbol: '■', meaning: 'baseline (filled)', colour: 'series-0' },
  { symbol: '┅', meaning: 'current (dashed line, or bar end)', colour: 'series-1' },
];

/** How a column's values are spread in the baseline and now. */
export function distribution(column: string, shares: ValueShares): Chart {
  return {
    title: column,
    description: describe(shares),
    draw: (look) => (shares.kind === 'ranges' ? ranges(shares, look) : categories(shares, look)),
  };
}

function describe({ kind, classes }: ValueShares): string {
  if (kind === 'categories')
    return `Shares in the baseline and now: ${classes.map(({ name, shares }) => `${name} ${percent(shares[0])} and ${percent(shares[1])}`).join(', ')}.`;
  const peak = (side: 0 | 1): string => {
    const { from } = classes.reduce((a, b) => (b.shares[side] > a.shares[side] ? b : a));
    return String(Number(from.toPrecision(4)));
  };
  return `Histogram of the baseline and of current values; most frequent near ${peak(0)} in the baseline, near ${peak(1)} now.`;
}

const share = (field: string): JsonObject => ({
  field,
  type: 'quantitative',
  title: null,
  scale: { zero: true },
  axis: { format: '.0%', tickCount: 3, domain: false },
});

function ranges({ classes, width, isDate }: ValueShares, look: ChartLook): ChartSpec {
  const [baseline, current] = look.palette.series;
  const last = classes.at(-1)!;
  // A step holds up to the next point: one more point closes the last range.
  const points = [...classes, { ...last, from: last.from + width }];
  const x: JsonObject = {
    field: 'from',
    type: isDate ? 'temporal' : 'quantitative',
    title: null,
    scale: { zero: false, nice: false },
    axis: { grid: false, tickCount: 4, labelOverlap: true, labelFlush: true },
  };
  return frame(
    look,
    90,
    { left: 36, bottom: 22 },
    {
      data: chartData(points.map(({ from, shares }) => ({ from, baseline: shares[0], current: shares[1] }))),
      layer: [
        {
          mark: { type: 'area', interpolate: 'step-after', color: baseline!, opacity: 0.45 },
          encoding: { x, y: share('baseline') },
        },
        {
          mark: { type: 'line', interpolate: 'step-after', color: current!, strokeWidth: 2, strokeDash: [5, 2] },
          encoding: { x, y: share('current') },
        },
      ],
    },
  );
}

function categories({ classes }: ValueShares, look: ChartLook): ChartSpec {
  const [baseline, current] = look.palette.series;
  const labels = shortLabels(
    classes.map(({ name }) => name),
    14,
  );
  const rows = classes.map(({ shares }, i) => ({ name: labels[i]!, baseline: shares[0], current: shares[1] }));
  const y = { field: 'name', type: 'nominal', sort: null, title: null, axis: { ticks: false, domain: false } };
  const x = (field: string): JsonObject => ({ ...share(field), axis: { format: '.0%', tickCount: 3 } });
  return frame(
    look,
    Math.max(40, 18 * rows.length),
    { left: labelWidth(labels), bottom: 22, right: 16 },
    {
      data: chartData(rows),
      layer: [
        { mark: { type: 'bar', color: baseline!, opacity: 0.45, height: 11 }, encoding: { y, x: x('baseline') } },
        { mark: { type: 'tick', color: current!, thickness: 3, size: 15 }, encoding: { y, x: x('current') } },
      ],
    },
  );
}
