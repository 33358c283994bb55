import { ConflictError, MLOpsError } from '../errors.js';
import type { Change, Storage } from '../storage/storage.js';
import type { Clock } from '../util/clock.js';
import { digestJson } from '../util/digest.js';
import type { JsonObject, JsonValue } from '../util/json.js';
import {
  type LoadedRetraining,
  type StepName,
  type StoredRetraining,
  type StoredStep,
  loadRetraining,
  putRetraining,
} from './retraining-record.js';

/** Records the steps of one retraining as they are completed, and gives back those that were. */
export class Journal {
  constructor(
    private readonly storage: Storage,
    private loaded: LoadedRetraining,
    private readonly clock: Clock,
  ) {}

  get record(): StoredRetraining {
    return this.loaded.value;
  }

  /**
   * The output of a step: the recorded one when the step was completed on the same inputs, else what `run` returns,
   * recorded before this returns.
   *
   * @throws MLOpsError `CONFLICT` when another process has taken the work over
   */
  async step<T>(name: StepName, inputs: JsonObject, run: () => Promise<T>): Promise<T> {
    const recorded = this.recorded(name, inputs);
    if (recorded !== undefined) return recorded as T;
    const output = await run();
    const value = this.#with(name, inputs, output);
    try {
      const [recordVersion] = await this.storage.commit([putRetraining(value, this.loaded.recordVersion)], {
        durability: 'process',
      });
      this.loaded = { value, recordVersion: recordVersion! };
    } catch (error) {
      throw error instanceof ConflictError ? takenOver(this.record.retrainingId) : error;
    }
    return output;
  }

  /** A step's output, if it was completed on these inputs. */
  recorded(name: StepName, inputs: JsonObject): JsonValue | undefined {
    const digest = digestJson(inputs);
    const step = this.record.steps.find((candidate) => candidate.name === name && candidate.inputs === digest);
    return step?.output;
  }

  /** A step's output, whatever it was computed from. */
  output(name: StepName): JsonValue | undefined {
    return this.record.steps.find((step) => step.name === name)?.output;
  }

  /** The change that records a step, to be committed together with its effect; {@link reload} afterwards. */
  async stepChange(name: StepName, inputs: JsonObject, output: unknown): Promise<Change> {
    const { recordVersion } = await loadRetraining(this.storage, this.record.retrainingId);
    if (recordVersion !== this.loaded.recordVersion) throw takenOver(this.record.retrainingId);
    return putRetraining(this.#with(name, inputs, output), recordVersion);
  }

  async reload(): Promise<void> {
    const { attempt, retrainingId } = this.record;
    this.loaded = await loadRetraining(this.storage, retrainingId);
    if (this.record.attempt !== attempt) throw takenOver(retrainingId);
  }

  #with(name: StepName, inputs: JsonObject, output: unknown): StoredRetraining {
    const { steps, attempt } = this.record;
    const step: StoredStep = {
      name,
      inputs: digestJson(inputs),
      output: output as JsonValue,
      endedAt: this.clock.now(),
      attempt,
    };
    return { ...this.record, steps: [...steps.filter((other) => other.name !== name), step] };
  }
}

export const takenOver = (retrainingId: string): MLOpsError =>
  new MLOpsError('CONFLICT', `another process has taken over retraining ${retrainingId}; what was done here is void`);
