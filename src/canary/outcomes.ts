import type { JsonObject } from '../util/json.js';
import { ArmCollector, type ArmStatistics, type MeasureName, measureNames } from './arm-statistics.js';

/** What came of one request. */
export interface Outcome {
  readonly modelName: string;
  /** The version that answered, as routing said. */
  readonly version: string;
  /** The deployment and the step that routing named. Without a step, the one in force now. */
  readonly deploymentId?: string | undefined;
  readonly step?: number | undefined;
  /** What the model said: a number, or for a classification the probability of the positive class. */
  readonly prediction?: number;
  /** What was true: a number, or for a classification 0 or 1. */
  readonly actual?: number;
  readonly latencyMs?: number;
  /** Whether the model failed to answer. A prediction that is not finite counts as a failure too. */
  readonly error?: boolean;
}

/** One flush of one process: what happened to both arms since its last. */
export interface OutcomeDelta {
  readonly canary: ArmStatistics;
  readonly production: ArmStatistics;
}

const at = (name: MeasureName): number => measureNames.indexOf(name);
const absoluteError = at('absoluteError');
const squaredError = at('squaredError');
const correct = at('correct');
const precision = at('precision');
const recall = at('recall');
const jaccard = at('jaccard');
const latency = at('latencyMs');

/** Collects the outcomes of one deployment in this process. */
export class OutcomeCollector {
  readonly #canary = new ArmCollector();
  readonly #production = new ArmCollector();

  constructor(
    private readonly candidateVersion: string,
    private readonly productionVersion: string,
    private readonly task: 'regression' | 'classification',
  ) {}

  /** Synchronous, without I/O. An outcome of a version that is in neither arm is not counted: the answer is false. */
  record(outcome: Outcome): boolean {
    const { version, prediction, actual, latencyMs } = outcome;
    const arm =
      version === this.candidateVersion
        ? this.#canary
        : version === this.productionVersion
          ? this.#production
          : undefined;
    if (arm === undefined) return false;
    const failed = outcome.error === true || (prediction !== undefined && !Number.isFinite(prediction));
    arm.countOutcome(failed);
    if (latencyMs !== undefined && Number.isFinite(latencyMs)) arm.add(latency, latencyMs);
    if (failed || prediction === undefined || actual === undefined || !Number.isFinite(actual)) return true;
    if (this.task === 'regression') {
      const error = prediction - actual;
      arm.add(absoluteError, Math.abs(error));
      arm.add(squaredError, error * error);
    } else {
      classify(arm, prediction >= 0.5, actual >= 0.5);
    }
    return true;
  }

  /** What came since the last time, or undefined when nothing did. */
  take(): OutcomeDelta | undefined {
    const delta = { canary: this.#canary.take(), production: this.#production.take() };
    return delta.canary.outcomes + delta.production.outcomes === 0 ? undefined : delta;
  }

  /** Puts back what could not be stored. */
  restore(delta: OutcomeDelta): void {
    this.#canary.restore(delta.canary);
    this.#production.restore(delta.production);
  }
}

/** Each rate is a mean of hits over the outcomes it is about: precision over the predicted positives, and so on. */
function classify(arm: ArmCollector, predicted: boolean, actual: boolean): void {
  const hit = predicted === actual ? 1 : 0;
  arm.add(correct, hit);
  if (predicted) arm.add(precision, hit);
  if (actual) arm.add(recall, hit);
  if (predicted || actual) arm.add(jaccard, hit);
}

export const encodeDelta = (delta: OutcomeDelta): JsonObject => delta as unknown as JsonObject;
