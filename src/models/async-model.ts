import type { Row, Table } from '../data/table.js';
import type { FeatureSpec, Model, Task } from './contract.js';

/** A file of a model, by its relative path. */
export interface ModelFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * A model that another runtime computes, such as ONNX Runtime: the same contract as {@link Model}, with promises where
 * the runtime is asynchronous. It holds memory outside of JavaScript until it is closed.
 */
export interface AsyncModel {
  readonly format: string;
  readonly formatVersion: number;
  readonly task: Task;
  readonly features: readonly FeatureSpec[];
  predict(row: Row): Promise<number>;
  predictBatch(table: Table): Promise<Float64Array>;
  /** What it was read from, the model's own file first. */
  readonly files: readonly ModelFile[];
  close(): Promise<void>;
}

/** A model of either kind: `await model.predictBatch(table)` works for both. */
export type AnyModel = Model | AsyncModel;

/** What is known of a model besides its bytes. */
export interface ModelDescription {
  readonly task: Task;
  /** The columns it reads, in the order it was trained with. */
  readonly featureColumns: readonly string[];
}

/** Opens models of a format that the core does not read by itself. */
export interface ModelLoader {
  /** Ending of the file, such as `.onnx`. */
  readonly ending: string;
  /** @param files the model's own file first, files beside it after */
  open(files: readonly ModelFile[], about: ModelDescription): Promise<AsyncModel>;
}

export const isSynchronous = (model: AnyModel): model is Model => 'toJSON' in model;

/** Gives back what a model holds outside of JavaScript. */
export const closeModel = async (model: AnyModel): Promise<void> => {
  if (!isSynchronous(model)) await model.close();
};
