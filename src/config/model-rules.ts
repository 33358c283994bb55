import { nearest } from '../util/nearest.js';
import type { Rule } from './rule.js';
import type { PolicyFile } from './schema.js';

type ModelType = PolicyFile['models'][string];

/** Categories that a trainer can tell apart. */
const mostCategories = 255;

/** Algorithms that hold predictions to no order. */
const unordered: readonly string[] = ['cart', 'random_forest', 'extra_forest'];

/** What the keys of a model contradict each other in: found when the data are there at last, or never. */
export const modelRules: readonly Rule[] = [
  rule('target_column', ({ target_column: target, time_column: time, feature_columns: features }) => {
    if (target === null) return undefined;
    if (target === time)
      return `${target} is the time_column as well; the rows would be divided by what is to be learned`;
    return features.includes(target)
      ? `${target} is among the feature_columns; a model must not see what it is to predict`
      : undefined;
  }),
  rule('category_order', (model) => {
    for (const [name, { length }] of Object.entries(model.category_order)) {
      if (length === 0) return `of ${name} names no category: all of its values would count as missing`;
      if (length > mostCategories) return `of ${name} has more than ${mostCategories} members`;
    }
    return strangerAmong(Object.keys(model.category_order), model);
  }),
  rule('monotone_constraints', (model) => {
    const names = Object.keys(model.monotone_constraints);
    return names.length > 0 && unordered.includes(model.algorithm)
      ? `${model.algorithm} knows no monotone constraints (${names.join(', ')}); use gradient_boosting`
      : strangerAmong(names, model);
  }),
  rule('drift_thresholds', (model) => {
    if (model.target_column === null) return undefined; // a check may name any
    const problem = strangerAmong(Object.keys(model.drift_thresholds.columns), model, model.target_column);
    return problem && `columns ${problem}`;
  }),
];

function rule(key: keyof ModelType, problem: (model: ModelType) => string | undefined): Rule {
  return {
    paths: [['models']],
    problem: ({ models }) => {
      for (const [name, model] of Object.entries(models)) {
        const message = problem(model);
        if (message !== undefined) return { path: ['models', name, key], message };
      }
      return undefined;
    },
  };
}

/** Where the policy does not list the features, whoever trains names them. */
function strangerAmong(
  names: readonly string[],
  { feature_columns: features }: ModelType,
  target?: string,
): string | undefined {
  const known = target === undefined ? features : [...features, target];
  const stranger = names.find((name) => !known.includes(name));
  if (features.length === 0 || stranger === undefined) return undefined;
  const nor = target === undefined ? '' : ', nor the target_column';
  const meant = nearest(stranger, known);
  return `names ${JSON.stringify(stranger)}, which is none of the feature_columns${nor}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}
