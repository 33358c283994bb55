import { type Field, type Filter, where } from '../search/filter.js';
import { parseField, parseFilter } from '../search/parse-filter.js';
import { printField } from '../search/print-filter.js';
import type { ExperimentTracker } from '../tracking/experiment-tracker.js';
import type { Run } from '../tracking/run.js';
import { nearest } from '../util/nearest.js';

/** Newest runs that are looked at. */
const looked = 500;

/**
 * What is to be said of names that no run has, which a filter or a column may use all the same: usually they are
 * misspelled.
 *
 * @param experiment whose runs alone are looked at, if one was asked for: others need not be the caller's to see
 */
export async function fieldHints(
  tracker: ExperimentTracker,
  fields: readonly Field[],
  experiment?: string,
): Promise<readonly string[]> {
  const asked = fields.filter(({ entity }) => entity !== 'attribute' && entity !== 'dataset');
  if (asked.length === 0) return [];
  const filter = experiment === undefined ? {} : { filter: where.attribute('experiment_name').eq(experiment) };
  const { runs } = await tracker.searchRuns({ ...filter, view: 'all', limit: looked });
  if (runs.length === 0) return [];
  const hints = asked.flatMap((field) => {
    const names = new Set(runs.flatMap((run) => namesOf(run, field)));
    const key = names.has(field.key) ? field.key : plainKey(field.key);
    if (names.has(key)) return [];
    const guess = nearest(key, names);
    const meant = guess === undefined ? '' : `; did you mean ${printField({ ...field, key: guess })}?`;
    return [`no run${experiment === undefined ? '' : ` of ${experiment}`} has ${printField(field)}${meant}`];
  });
  return [...new Set(hints)];
}

export const fieldsOfColumns = (columns: readonly string[]): Field[] => columns.map((name) => parseField(name));

export const fieldsOfFilter = (filter: string): Field[] => fieldsIn(parseFilter(filter));

function fieldsIn(filter: Filter): Field[] {
  if ('and' in filter) return filter.and.flatMap(fieldsIn);
  if ('or' in filter) return filter.or.flatMap(fieldsIn);
  return 'not' in filter ? fieldsIn(filter.not) : [filter.field];
}

function namesOf(run: Run, { entity }: Field): string[] {
  return Object.keys({ metric: run.metrics, param: run.parameters, tag: run.tags }[entity as 'metric']);
}

/** `mae.min` in a column stands for the minimum of `mae`. */
const plainKey = (key: string): string => key.replace(/\.(last|min|max)$/, '');
