import type { Row, Table } from '../../data/table.js';
import { MLOpsError } from '../../errors.js';
import type { AsyncModel, ModelFile } from '../../models/async-model.js';
import type { FeatureSpec, Task } from '../../models/model.js';
import type { InputPlan } from './input-plan.js';
import { type OutputPlan, readOutput } from './output-plan.js';
import { type Runtime, type RuntimeSession, type RuntimeTensor, messageOf } from './runtime.js';

/** A model that ONNX Runtime computes. */
export class OnnxModel implements AsyncModel {
  readonly format = 'onnx';
  readonly task: Task;
  readonly features: readonly FeatureSpec[];
  #isClosed = false;

  constructor(
    /** Version of the format. */
    readonly formatVersion: number,
    readonly files: readonly ModelFile[],
    private readonly inputs: InputPlan,
    private readonly output: OutputPlan,
    private readonly session: RuntimeSession,
    private readonly runtime: Runtime,
  ) {
    this.task = output.task;
    this.features = inputs.features;
  }

  /** @throws MLOpsError as {@link predictBatch} */
  async predict(row: Row): Promise<number> {
    const [prediction] = await this.#run(this.inputs.ofRow(row, this.runtime), 1, 0, (name) => row[name]);
    return prediction!;
  }

  /**
   * @throws MLOpsError `INVALID_INPUT` for records that the model has no number for, with the first of them: values are
   *   missing where it cannot do without, or a category is one that it refuses; `CLOSED`
   */
  async predictBatch(table: Table): Promise<Float64Array> {
    const predictions = new Float64Array(table.rowCount);
    for (let start = 0; start < table.rowCount; start += this.inputs.batchSize) {
      const end = Math.min(table.rowCount, start + this.inputs.batchSize);
      const feeds = this.inputs.ofTable(table, start, end, this.runtime);
      predictions.set(await this.#run(feeds, end - start, start, (name, row) => table.row(row)[name]), start);
    }
    return predictions;
  }

  async #run(
    feeds: Record<string, RuntimeTensor>,
    rows: number,
    firstRow: number,
    cell: (name: string, row: number) => unknown,
  ): Promise<Float64Array> {
    if (this.#isClosed) throw new MLOpsError('CLOSED', 'this model was closed; open it again');
    const results = await this.session.run(feeds, [this.output.name]).catch((cause: unknown) => {
      const message = `the ONNX model refuses rows ${firstRow} to ${firstRow + rows - 1}: ${messageOf(cause)}`;
      throw new MLOpsError('INVALID_INPUT', message, { cause });
    });
    const predictions = readOutput(this.output, results[this.output.name], rows);
    const row = firstRow + predictions.findIndex((value) => !Number.isFinite(value));
    if (row < firstRow) return predictions;
    const isMissing = (value: unknown): boolean => value === undefined || value === null || Number.isNaN(value);
    const missing = this.features.filter(({ name }) => isMissing(cell(name, row))).map(({ name }) => name);
    throw new MLOpsError(
      'INVALID_INPUT',
      `the ONNX model has no number for row ${row}` +
        (missing.length === 0 ? '' : `, where ${missing.join(', ')} is missing`) +
        '; export it with an imputer in front, or leave such rows out',
    );
  }

  /** Gives the runtime's memory back. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.session.release();
  }
}
