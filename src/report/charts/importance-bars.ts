import { number } from '../page/numbers.js';
import { type Chart, chartData, frame, labelWidth, shortLabels } from './chart.js';

const mostRows = 30;

/** What each feature is worth to a model, the most important first. */
export function importanceBars(importances: ReadonlyMap<string, number>): Chart {
  const rows = [...importances].sort(([, a], [, b]) => b - a).slice(0, mostRows);
  return {
    title: 'How much worse the model gets without a feature',
    description: `Permutation importance: ${rows.map(([feature, value]) => `${feature} ${number(value)}`).join(', ')}.`,
    draw: (look) => {
      const labels = shortLabels(
        rows.map(([feature]) => feature),
        look.width < 500 ? 15 : 28,
      );
      return frame(
        look,
        20 * rows.length,
        { left: labelWidth(labels) },
        {
          data: chartData(rows.map(([, importance], i) => ({ feature: labels[i]!, importance }))),
          mark: { type: 'bar', color: look.palette.series[0]!, height: 12 },
          encoding: {
            y: { field: 'feature', type: 'nominal', sort: null, title: null, axis: { ticks: false, domain: false } },
            x: { field: 'importance', type: 'quantitative', title: 'importance', axis: { tickCount: 5 } },
          },
        },
      );
    },
  };
}
