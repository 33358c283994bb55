import { Table } from '../data/table.js';
import { type Random, shuffle } from '../util/random.js';
import { headlineMetric, metricsOf, numericTarget } from './metrics/metrics-of.js';
import type { Model } from './model.js';

/** How much worse a model gets when one feature's values are dealt out to other rows. */
export interface FeatureImportance {
  readonly feature: string;
  /** Rise of the error (mae, or log loss for a classification), mean over the repeats. */
  readonly importance: number;
  readonly standardDeviation: number;
}

/**
 * Permutation importance (Breiman 2001; Fisher, Rudin & Dominici 2019) on data the model has not seen, the most
 * important feature first. Features that carry the same information share their importance.
 */
export function permutationImportance(
  model: Model,
  table: Table,
  targetColumn: string,
  options: { readonly random: Random; readonly repeats?: number },
): readonly FeatureImportance[] {
  const { random, repeats = 5 } = options;
  const actual = numericTarget(table, targetColumn);
  const metric = headlineMetric[model.task];
  const errorOf = (data: Table): number => metricsOf(model.task, actual, model.predictBatch(data))[metric]!;
  const base = errorOf(table);
  return model.features
    .filter(({ name }) => table.columns.has(name))
    .map(({ name }) => {
      const rises = Array.from(
        { length: repeats },
        (_, i) => errorOf(shuffleColumn(table, name, random.split(`${name}/${i}`))) - base,
      );
      const mean = rises.reduce((sum, rise) => sum + rise, 0) / repeats;
      const variance = rises.reduce((sum, rise) => sum + (rise - mean) ** 2, 0) / repeats;
      return { feature: name, importance: mean, standardDeviation: Math.sqrt(variance) };
    })
    .sort((a, b) => b.importance - a.importance);
}

function shuffleColumn(table: Table, name: string, random: Random): Table {
  const order = Int32Array.from({ length: table.rowCount }, (_, row) => row);
  shuffle(order, random);
  const shuffled = table.take(order).column(name);
  return new Table([...table.columns.values()].map((column) => (column.name === name ? shuffled : column)));
}
