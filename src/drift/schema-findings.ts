import type { DriftFinding } from './drift-report.js';

/** Kinds of the columns of a data set by name; `empty` where nothing tells. */
export type Schema = ReadonlyMap<string, 'numeric' | 'categorical' | 'date' | 'empty'>;

/**
 * How the columns that were not compared changed: they bear on no verdict, but whoever feeds the model changed something.
 *
 * @param compared names that have findings of their own
 */
export function schemaFindings(baseline: Schema, current: Schema, compared: ReadonlySet<string>): DriftFinding[] {
  const others = (schema: Schema): string[] => [...schema.keys()].filter((name) => !compared.has(name)).sort();
  const appeared = others(current).filter((name) => !baseline.has(name));
  const disappeared = others(baseline).filter((name) => !current.has(name));
  const retyped = others(baseline).flatMap((name) => {
    const [before, after] = [baseline.get(name)!, current.get(name)];
    if (after === undefined || before === 'empty' || after === 'empty' || before === after) return [];
    return [`${name} (${before}, now ${after})`];
  });
  return [
    ...named('column_appeared', 'columns only in the current data', appeared),
    ...named('column_disappeared', 'columns only in the baseline', disappeared),
    ...named('type_changed', 'columns of another type', retyped),
  ];
}

function named(kind: DriftFinding['kind'], what: string, names: readonly string[]): DriftFinding[] {
  return names.length === 0 ? [] : [{ kind, message: `${what}: ${firstOf(names)}` }];
}

/** A list as a sentence shows it: ten at most. */
export function firstOf(names: readonly string[]): string {
  const more = names.length > 10 ? ` and ${names.length - 10} more` : '';
  return `${names.slice(0, 10).join(', ')}${more}`;
}
