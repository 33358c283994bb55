import { MLOpsError } from '../errors.js';
import { BinnedModel } from './binned-model.js';
import { ConstantModel } from './constant-model.js';
import type { Model } from './contract.js';
import { ModelJson } from './model-json.js';
import { TreeModel } from './tree-model.js';

export type { FeatureSpec, Model, Task } from './contract.js';

/** Reads a model of one kind from its checked JSON. */
type ModelReader = (json: ModelJson) => Model;

const readers: ReadonlyMap<string, ModelReader> = new Map<string, ModelReader>([
  ['constant', (json) => ConstantModel.fromJson(json)],
  ['cart', (json) => TreeModel.fromJson(json)],
  ['random_forest', (json) => TreeModel.fromJson(json)],
  ['extra_forest', (json) => BinnedModel.fromJson(json)],
  ['gradient_boosting', (json) => BinnedModel.fromJson(json)],
]);

/** Newest `formatVersion` this release reads, of every kind. */
const newestFormatVersion = 1;

/**
 * A model from parsed JSON as {@link Model.toJSON} wrote it. JSON without `formatVersion` is of version 1. Every number
 * is checked before it is used, so a damaged or hostile file is refused, never run or looped over.
 *
 * @example
 * loadModel({ kind: 'constant', value: 1.2 }).predict({}); // 1.2
 * @throws MLOpsError `UNSUPPORTED` for a kind or a format version this release does not know, `CORRUPT` for wrong shapes
 */
export function loadModel(json: unknown): Model {
  const model = new ModelJson(json, 'model');
  const kind = model.string('kind');
  const read = readers.get(kind);
  if (read === undefined) {
    const known = [...readers.keys()].join(', ');
    throw new MLOpsError(
      'UNSUPPORTED',
      `model kind ${JSON.stringify(kind.slice(0, 80))} is unknown; known are ${known}`,
    );
  }
  const formatVersion = model.has('formatVersion') ? model.number('formatVersion') : 1;
  if (!Number.isInteger(formatVersion) || formatVersion < 1) throw model.wrong('formatVersion', 'an integer from 1');
  if (formatVersion > newestFormatVersion) {
    throw new MLOpsError(
      'UNSUPPORTED',
      `the model has format version ${formatVersion}, this release reads up to ${newestFormatVersion}: upgrade the library`,
    );
  }
  return read(model);
}
