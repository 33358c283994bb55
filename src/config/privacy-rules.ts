import type { Rule } from './rule.js';
import type { PolicyFile } from './schema.js';

type ColumnRule = PolicyFile['privacy']['sensitive_columns'][string];

/** What each action takes, and which columns a model could not do without. */
export const privacyRules: readonly Rule[] = [
  {
    paths: [['privacy', 'sensitive_columns']],
    problem: ({ privacy }) => {
      for (const [column, rule] of Object.entries(privacy.sensitive_columns)) {
        const problem = problemOf(rule);
        if (problem !== undefined) return `column ${column}: ${problem}`;
      }
      return undefined;
    },
  },
  {
    paths: [['privacy', 'sensitive_columns'], ['models']],
    problem: ({ privacy, models }) => {
      const isDropped = (column: string): boolean => privacy.sensitive_columns[column]?.action === 'drop';
      for (const [name, model] of Object.entries(models)) {
        const { target_column, time_column } = model;
        for (const key of ['feature_columns', 'fairness_columns'] as const) {
          const dropped = model[key].find(isDropped);
          if (dropped === undefined) continue;
          const what = key === 'feature_columns' ? 'a feature' : 'a fairness column';
          return `${dropped} is ${what} of models.${name} and would be dropped; take it from ${key}, or choose another action`;
        }
        for (const column of [target_column, time_column]) {
          if (column !== null && Object.hasOwn(privacy.sensitive_columns, column)) {
            return `${column} is the target or time of models.${name}, which cannot learn from it once it is replaced; name another column there`;
          }
        }
      }
      return undefined;
    },
  },
];

function problemOf({ action, to, bands, keep }: ColumnRule): string | undefined {
  const lists = Object.values(bands);
  if (action === 'generalize' && to === null) return 'action: generalize takes to: quarter, power_of_ten or band';
  if (action !== 'generalize' && to !== null) return `to belongs to action: generalize, not to ${action}; remove it`;
  if (action !== 'mask' && keep !== null) return `keep belongs to action: mask, not to ${action}; remove it`;
  if ((to === 'band') !== lists.length > 0) return 'bands go with to: band, such as bands: { investment: [AAA, AA] }';
  return new Set(lists.flat()).size < lists.flat().length ? 'a value is in two bands; keep it in one' : undefined;
}
