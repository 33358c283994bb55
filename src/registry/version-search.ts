import { type Field, type Filter, and } from '../search/filter.js';
import { printField } from '../search/print-filter.js';
import { type FieldCatalog, type SearchedField, whereOf } from '../search/to-where.js';
import type { Where } from '../storage/storage.js';
import { numbersOf, timesOf } from '../tracking/literal-values.js';
import { refuse } from '../util/check.js';
import { nearest } from '../util/nearest.js';
import { parseStage } from './stage.js';

/** Attributes of versions by every name that people use, MLflow's included, and what they are called in the index. */
const attributes: Readonly<Record<string, string>> = {
  name: 'modelName',
  model_name: 'modelName',
  modelName: 'modelName',
  version: 'version',
  version_number: 'version',
  model_type: 'modelType',
  modelType: 'modelType',
  stage: 'stage',
  current_stage: 'stage',
  run_id: 'runId',
  runId: 'runId',
  registered_at: 'registeredAt',
  registeredAt: 'registeredAt',
  creation_timestamp: 'registeredAt',
};

/** Where each field of a version is found in the index. */
const versionCatalog: FieldCatalog = (field: Field): SearchedField => {
  const { entity, key, aggregate } = field;
  if (entity === 'metric' && aggregate === undefined) {
    return { name: `metrics.${key}`, isUnlike: true, alternatives: numbersOf(field) };
  }
  if (entity === 'tag') return { name: `tags.${key}`, alternatives: (value) => [String(value)] };
  if (entity !== 'attribute')
    return refuse(`versions are not searched by ${printField(field)}; use metrics, tags and attributes`);
  const name = Object.hasOwn(attributes, key) ? attributes[key]! : unknown(field);
  if (name === 'stage') return { name, isUnlike: true, alternatives: (value) => [parseStage(value)] };
  if (name !== 'registeredAt') {
    // As texts, 10.0.0 is below 2.0.0.
    return { name, isUnordered: name === 'version', alternatives: (value) => [String(value)] };
  }
  return { name, isUnlike: true, alternatives: timesOf(field) };
};

export const versionCondition = (filter: string | Filter = and()): Where => whereOf(filter, versionCatalog);

function unknown(field: Field): never {
  const guess = nearest(field.key, Object.keys(attributes));
  return refuse(
    `${printField(field)} is unknown; ${guess === undefined ? `versions have ${Object.keys(attributes).join(', ')}` : `did you mean ${guess}?`}`,
  );
}
