import { type Field, type Filter, type Literal, and, asTree } from '../search/filter.js';
import type { OrderTerm } from '../search/order-by.js';
import { parseFilter, parseOrderBy } from '../search/parse-filter.js';
import { printField } from '../search/print-filter.js';
import { type FieldCatalog, type SearchedField, whereOf } from '../search/to-where.js';
import type { OrderBy, Query, Where } from '../storage/storage.js';
import { checkOneOf, refuse } from '../util/check.js';
import { nearest } from '../util/nearest.js';
import { numbersOf, timesOf } from './literal-values.js';
import { finalRunStatuses } from './run.js';
import type { SearchRunsOptions } from './tracking-options.js';

/** Attributes of runs by every name that people use, MLflow's included, and what they are called in the index. */
const attributes: Readonly<Record<string, string>> = {
  run_id: 'id',
  runId: 'id',
  run_name: 'runName',
  runName: 'runName',
  experiment_name: 'experimentName',
  experimentName: 'experimentName',
  model_type: 'modelType',
  modelType: 'modelType',
  status: 'status',
  start_time: 'startedAt',
  startedAt: 'startedAt',
  end_time: 'endedAt',
  endedAt: 'endedAt',
  user_id: 'startedBy',
  startedBy: 'startedBy',
  parent_run_id: 'parentRunId',
  parentRunId: 'parentRunId',
  created: 'startedAt',
  Created: 'startedAt',
  'run name': 'runName',
  'Run name': 'runName',
  'Run Name': 'runName',
};

/** MLflow's names of states. */
const statuses: Readonly<Record<string, string>> = { finished: 'completed', scheduled: 'running' };

const datasetFields: Readonly<Record<string, string>> = {
  name: 'datasetNames',
  digest: 'datasetDigests',
  role: 'datasetRoles',
  context: 'datasetRoles',
};

/** Where each field of a run is found in the index. */
export const runCatalog: FieldCatalog = (field: Field): SearchedField => {
  const { entity, key, aggregate = 'last' } = field;
  switch (entity) {
    case 'metric':
      checkOneOf(aggregate, ['last', 'min', 'max'], 'the aggregate of a metric');
      return {
        name: `${{ last: 'metrics', min: 'metricsMin', max: 'metricsMax' }[aggregate]}.${key}`,
        isUnlike: true,
        alternatives: numbersOf(field),
      };
    case 'param':
      return { name: `params.${key}`, alternatives: parameterValues };
    case 'tag':
      return { name: `tags.${key}`, alternatives: (value) => [String(value)] };
    case 'dataset':
      return { name: known(field, datasetFields, 'datasets have'), isMap: true };
    case 'attribute': {
      const name = known(field, attributes, 'runs have');
      if (name === 'status') return { name, isUnlike: true, alternatives: (value) => [statusOf(value)] };
      if (name === 'startedAt' || name === 'endedAt') return { name, isUnlike: true, alternatives: timesOf(field) };
      return { name, alternatives: (value) => [String(value)] };
    }
  }
};

/**
 * The query that a search stands for.
 *
 * @param hidden names of the experiments that were deleted: their runs count as deleted
 */
export function runQuery(options: SearchRunsOptions, hidden: readonly string[]): Query {
  const { view = 'active', limit, cursor } = options;
  checkOneOf(view, ['active', 'deleted', 'all'], 'view');
  const isDeletedItself: Where = { field: 'deletedAt', op: 'exists' };
  const isHidden: Where = { field: 'experimentName', op: 'in', values: hidden };
  const isDeleted: Where = hidden.length === 0 ? isDeletedItself : { or: [isDeletedItself, isHidden] };
  const shown: Where[] = view === 'all' ? [] : [view === 'deleted' ? isDeleted : { not: isDeleted }];
  return {
    where: { and: [...shown, whereOf(options.filter ?? and(), runCatalog)] },
    orderBy: asTree(() => orderOf(options.orderBy ?? [])),
    ...(limit !== undefined && { limit }),
    ...(cursor !== undefined && { cursor }),
  };
}

/** The experiment of every run that a sound filter finds, where it asks for one. */
export function experimentOf(filter: string | Filter | undefined): string | undefined {
  const tree = typeof filter === 'string' ? parseFilter(filter) : (filter ?? and());
  if ('and' in tree) return tree.and.map(experimentOf).find((name) => name !== undefined);
  if (!('op' in tree) || tree.op !== '=' || tree.field.entity !== 'attribute') return undefined;
  return attributes[tree.field.key] === 'experimentName' ? String(tree.value) : undefined;
}

/** Ties are broken by the start, newest first, then by id. */
function orderOf(orderBy: string | readonly (string | OrderTerm)[]): readonly OrderBy[] {
  const terms = (typeof orderBy === 'string' ? [orderBy] : orderBy).flatMap((term) =>
    typeof term === 'string' ? parseOrderBy(term) : [term],
  );
  const keys = terms.map(({ field, direction }): OrderBy => {
    const { name, isMap } = runCatalog(field);
    if (isMap === true) refuse(`runs cannot be ordered by ${printField(field)}: a run may have several`);
    return { field: name, direction };
  });
  return keys.some(({ field }) => field === 'startedAt') ? keys : [...keys, { field: 'startedAt', direction: 'desc' }];
}

/** MLflow knows texts only, so `'10'` finds the number as well, and a number the text. */
function parameterValues(value: Literal): readonly [Literal, ...Literal[]] {
  if (typeof value !== 'string') return [value, String(value)];
  if (value === 'true' || value === 'false') return [value, value === 'true'];
  const number = Number(value);
  return value.trim() !== '' && Number.isFinite(number) ? [value, number] : [value];
}

function statusOf(value: Literal): string {
  const status = String(value).toLowerCase();
  if (Object.hasOwn(statuses, status)) return statuses[status]!;
  return checkOneOf(status, ['running', ...finalRunStatuses], 'status');
}

function known(field: Field, names: Readonly<Record<string, string>>, who: string): string {
  if (Object.hasOwn(names, field.key)) return names[field.key]!;
  const guess = nearest(field.key, Object.keys(names));
  return refuse(
    guess === undefined
      ? `${printField(field)} is unknown; ${who} ${Object.keys(names).join(', ')}; other names go after metrics., params. or tags.`
      : `${printField(field)} is unknown; did you mean ${guess}?`,
  );
}
