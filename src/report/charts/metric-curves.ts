import type { MetricPoint } from '../../tracking/metric.js';
import { number } from '../page/numbers.js';
import { type Chart, chartData, frame, valueLabels } from './chart.js';

/** One run's points of a metric. */
export interface MetricCurve {
  /** How the run is called. */
  readonly run: string;
  readonly points: readonly MetricPoint[];
}

const dashes = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
  [10, 4],
  [3, 5],
];
const symbols = ['━', '╌', '┈', '╍', '╴', '⋯'];
const mostPoints = 200;

/** Curves that one chart can tell apart. */
export const mostCurves = dashes.length;

/** A metric over steps, or over points where none has a step; one curve a run, at most {@link mostCurves} of them. */
export function metricCurves(metric: string, curves: readonly MetricCurve[]): Chart {
  const shown = curves.slice(0, mostCurves);
  const domain = shown.map((_, i) => String(i));
  const hasSteps = shown.some(({ points }) => points.some(({ step }) => step !== 0));
  const ends = shown.map(
    ({ run, points }) => `${run} ends at ${points.length === 0 ? 'nothing' : number(points.at(-1)!.value)}`,
  );
  return {
    title: metric,
    description: `${metric} over ${hasSteps ? 'steps' : 'points'}: ${ends.join(', ')}.`,
    key: shown.map(({ run }, i) => ({ symbol: symbols[i]!, meaning: run, colour: `series-${i}` as const })),
    draw: (look) => {
      const drawn = shown.map(({ points }) => thin(hasSteps ? points : numbered(points)));
      const { format, left } = valueLabels(drawn.flatMap((points) => points.map(({ value }) => value)));
      return frame(
        look,
        160,
        { left },
        {
          data: chartData(
            drawn.flatMap((points, i) => points.map(({ step, value }) => ({ run: domain[i]!, step, value }))),
          ),
          mark: { type: 'line', strokeWidth: 2, point: { size: 12 } },
          encoding: {
            x: {
              field: 'step',
              type: 'quantitative',
              title: hasSteps ? 'step' : 'point',
              axis: { grid: false, tickCount: 5, tickMinStep: 1 },
            },
            y: {
              field: 'value',
              type: 'quantitative',
              title: null,
              scale: { zero: false },
              axis: { tickCount: 5, format },
            },
            color: {
              field: 'run',
              type: 'nominal',
              legend: null,
              scale: { domain, range: shown.map((_, i) => look.palette.series[i]!) },
            },
            strokeDash: {
              field: 'run',
              type: 'nominal',
              legend: null,
              scale: { domain, range: dashes.slice(0, shown.length) },
            },
          },
        },
      );
    },
  };
}

/** What was logged without a step is all at 0: the order tells them apart. */
const numbered = (points: readonly MetricPoint[]): readonly MetricPoint[] =>
  points.map((point, i) => ({ ...point, step: i + 1 }));

/** Of each stretch of many points the lowest and the highest, so that no spike is lost. */
export function thin(points: readonly MetricPoint[]): readonly MetricPoint[] {
  if (points.length <= mostPoints) return points;
  const stretch = Math.ceil((2 * points.length) / mostPoints);
  const kept: MetricPoint[] = [];
  for (let start = 0; start < points.length; start += stretch) {
    const part = points.slice(start, start + stretch).filter(({ value }) => !Number.isNaN(value));
    if (part.length === 0) continue;
    const low = part.reduce((a, b) => (b.value < a.value ? b : a));
    const high = part.reduce((a, b) => (b.value > a.value ? b : a));
    kept.push(...(low === high ? [low] : low.step <= high.step ? [low, high] : [high, low]));
  }
  return kept;
}
