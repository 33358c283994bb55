import { MLOpsError } from '../errors.js';
import { ConstantModel } from './constant-model.js';
import type { FeatureEncoding } from './feature-encoder.js';
import type { FlatTree } from './flat-tree.js';
import type { Model, Task } from './model.js';
import { TreeModel } from './tree-model.js';

const formatVersion = 1;

/**
 * The model in a parsed JSON document. Nothing in it is executed, and every number and index is checked, so that a
 * damaged or hostile document gives an error instead of a wrong answer or an endless walk.
 *
 * @throws MLOpsError `INVALID_INPUT` for a document that is not a model, `UNSUPPORTED` for a kind or version not known
 */
export function loadModel(json: unknown): Model {
  if (!isObject(json)) throw notAModel('expected an object');
  const { kind } = json;
  const version = json['formatVersion'] ?? 1;
  if (typeof version !== 'number' || version > formatVersion) {
    throw new MLOpsError(
      'UNSUPPORTED',
      `the model has format version ${String(version)}; this package reads up to ${formatVersion}: update it`,
    );
  }
  switch (kind) {
    case 'constant': {
      const { value } = json;
      if (typeof value !== 'number' || !Number.isFinite(value)) throw notAModel('value must be a finite number');
      return new ConstantModel(value, taskOf(json));
    }
    case 'cart':
    case 'random_forest': {
      const encodings = list(json, 'encodings').map(readEncoding);
      const trees = list(json, 'trees').map((tree, i) => readTree(tree, i, encodings.length));
      if (trees.length === 0) throw notAModel('trees is empty');
      return new TreeModel(kind, taskOf(json), encodings, trees);
    }
    default:
      throw new MLOpsError(
        'UNSUPPORTED',
        `models of kind ${JSON.stringify(kind)} cannot be scored; known kinds are constant, cart, random_forest`,
      );
  }
}

function taskOf(json: Readonly<Record<string, unknown>>): Task {
  const task = json['task'] ?? 'regression';
  if (task !== 'regression' && task !== 'classification') throw notAModel('task must be regression or classification');
  return task;
}

function readEncoding(json: unknown, i: number): FeatureEncoding {
  if (!isObject(json)) throw notAModel(`encodings[${i}] must be an object`);
  const { name, type, fill, order } = json;
  if (typeof name !== 'string' || typeof fill !== 'number')
    throw notAModel(`encodings[${i}] needs a name and a fill value`);
  if (type === 'numeric') return { name, type, fill };
  if (type !== 'categorical' || !Array.isArray(order) || !order.every((category) => typeof category === 'string')) {
    throw notAModel(`encodings[${i}] must be numeric, or categorical with an order of categories`);
  }
  return { name, type, fill, order };
}

function readTree(json: unknown, i: number, featureCount: number): FlatTree {
  if (!isObject(json)) throw notAModel(`trees[${i}] must be an object`);
  const [feature, threshold, left, right, value] = (['feature', 'threshold', 'left', 'right', 'value'] as const).map(
    (name) => numbers(json, name, i),
  ) as [number[], number[], number[], number[], number[]];
  const size = feature.length;
  if (size === 0 || [threshold, left, right, value].some((array) => array.length !== size)) {
    throw notAModel(`trees[${i}] must have arrays of one length, at least 1`);
  }
  feature.forEach((column, node) => {
    if (column < 0) return;
    const [l, r] = [left[node]!, right[node]!];
    const isForward = Number.isInteger(l) && Number.isInteger(r) && l > node && r > node && l < size && r < size;
    if (!Number.isInteger(column) || column >= featureCount || !isForward) {
      throw notAModel(`trees[${i}] node ${node} points outside the features or the tree`);
    }
  });
  return { feature, threshold, left, right, value };
}

function numbers(json: Readonly<Record<string, unknown>>, name: string, tree: number): number[] {
  const array = json[name];
  if (!Array.isArray(array) || !array.every((item) => typeof item === 'number')) {
    throw notAModel(`trees[${tree}].${name} must be an array of numbers`);
  }
  return array;
}

function list(json: Readonly<Record<string, unknown>>, name: string): readonly unknown[] {
  const array = json[name];
  if (!Array.isArray(array)) throw notAModel(`${name} must be an array`);
  return array;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const notAModel = (problem: string): MLOpsError =>
  new MLOpsError('INVALID_INPUT', `not a model document: ${problem}; register the file the trainer wrote`);
