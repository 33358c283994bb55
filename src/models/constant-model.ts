import type { Table } from '../data/table.js';
import type { JsonObject } from '../util/json.js';
import type { Model, Task } from './model.js';

/** Says the same for every row: the baseline any model has to beat. */
export class ConstantModel implements Model {
  readonly kind = 'constant';
  readonly features = [];

  constructor(
    readonly value: number,
    readonly task: Task = 'regression',
  ) {}

  predict(): number {
    return this.value;
  }

  predictBatch(table: Table): Float64Array {
    return new Float64Array(table.rowCount).fill(this.value);
  }

  toJSON(): JsonObject {
    return { kind: this.kind, formatVersion: 1, task: this.task, value: this.value };
  }
}
