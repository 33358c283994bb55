import type { Table } from '../data/table.js';
import type { JsonObject } from '../util/json.js';
import type { FeatureSpec, Model, Task } from './contract.js';
import type { ModelJson } from './model-json.js';

/** Predicts the same number whatever it is asked: a baseline to beat. */
export class ConstantModel implements Model {
  readonly format = 'constant';
  readonly formatVersion = 1;
  readonly features: readonly FeatureSpec[] = [];

  constructor(
    private readonly value: number,
    readonly task: Task = 'regression',
  ) {}

  static fromJson(json: ModelJson): ConstantModel {
    const value = json.number('value');
    const task = json.has('task') ? json.oneOf('task', ['regression', 'classification'] as const) : 'regression';
    if (task === 'classification' && !(value >= 0 && value <= 1))
      throw json.wrong('value', 'a probability from 0 to 1');
    return new ConstantModel(value, task);
  }

  predict(): number {
    return this.value;
  }

  predictBatch(table: Table): Float64Array {
    return new Float64Array(table.rowCount).fill(this.value);
  }

  toJSON(): JsonObject {
    return { kind: this.format, formatVersion: this.formatVersion, task: this.task, value: this.value };
  }
}
