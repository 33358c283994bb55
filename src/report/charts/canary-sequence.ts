import type { RelativeQuality } from '../canary/relative-quality.js';
import { number } from '../page/numbers.js';
import { type Chart, chartData, frame } from './chart.js';

/** What the canary's quality is held against. */
export interface QualityThresholds {
  readonly promotion: number;
  readonly rollback: number;
}

/** The confidence sequence of one metric over the decisions of a canary. */
export function canarySequence(
  metric: string,
  qualities: readonly RelativeQuality[],
  thresholds: QualityThresholds,
): Chart {
  const last = qualities.at(-1);
  const bound = (value: number | undefined, none: string): string => (value === undefined ? none : number(value));
  const proved = qualities.flatMap(({ lower, upper }) => [lower ?? [], upper ?? []].flat());
  const low = Math.min(0.6, thresholds.rollback - 0.1, ...proved);
  const high = Math.max(1.4, thresholds.promotion + 0.1, ...proved);
  return {
    title: `${metric}: how good the canary is in relation to production`,
    description:
      `Confidence sequence over ${qualities.length} decisions; 1 is as good as production. After ${last?.outcomes ?? 0} ` +
      `outcomes it reaches from ${bound(last?.lower, 'no proved lower bound')} to ${bound(last?.upper, 'no proved upper bound')}. ` +
      `It is promoted when all of it is above ${thresholds.promotion}, rolled back when all is below ${thresholds.rollback}.`,
    key: [
      { symbol: '┃', meaning: 'confidence sequence; its end is marked where it has one', colour: 'series-0' },
      { symbol: '━', meaning: `above ${thresholds.promotion}: promote`, colour: 'good' },
      { symbol: '┅', meaning: `below ${thresholds.rollback}: roll back`, colour: 'bad' },
    ],
    draw: (look) => {
      const { palette } = look;
      const x = {
        field: 'outcomes',
        type: 'quantitative',
        title: 'labelled outcomes',
        axis: { tickCount: 5, grid: false },
      };
      const y = (field: string) => ({
        field,
        type: 'quantitative',
        title: 'relative quality',
        scale: { domain: [low, high], clamp: true, zero: false },
        axis: { tickCount: 5 },
      });
      const rule = (at: number, color: string, strokeDash: number[]) => ({
        data: { values: [{ at }] },
        mark: { type: 'rule', color, strokeWidth: 2, strokeDash },
        encoding: { y: y('at') },
      });
      const rows = qualities.map(({ outcomes, lower, upper }) => ({
        outcomes,
        lower,
        upper,
        from: lower ?? low,
        to: upper ?? high,
      }));
      return frame(
        look,
        180,
        { left: 48 },
        {
          data: chartData(rows),
          layer: [
            {
              mark: { type: 'rule', color: palette.series[0]!, strokeWidth: 3, opacity: 0.6 },
              encoding: { x, y: y('from'), y2: { field: 'to' } },
            },
            ...(['lower', 'upper'] as const).map((side) => ({
              transform: [{ filter: { field: side, valid: true } }],
              mark: { type: 'tick', thickness: 2, size: 10, orient: 'horizontal', color: palette.series[0]! },
              encoding: { x, y: y(side) },
            })),
            rule(thresholds.promotion, palette.good, [1, 0]),
            rule(thresholds.rollback, palette.bad, [6, 3]),
          ],
        },
      );
    },
  };
}
