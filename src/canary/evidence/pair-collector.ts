import { exactLimit } from '../../stats/exact-accumulator.js';
import type { PairStatistics } from './deployment-statistics.js';
import type { EvidenceSettings } from './evidence-settings.js';
import { groupCount, remix, segmentGroupCount } from './key-groups.js';
import { LatencyCounter } from './latency-buckets.js';
import type { ModelAnswer, PairLabel, PairedOutcome } from './outcome.js';
import { isEmptyTable } from './merge-statistics.js';
import { PairTableCollector } from './pair-table-collector.js';
import { ofSegment, takeSegments } from './segment-map.js';
import { ValueSum } from './value-sum.js';

/** A loss whose fourth power does not fit an exact sum counts as a failure of the model. */
export const pairLossLimit = exactLimit ** 0.25 / 2;

/** Collects the shadow requests of one stratum. */
export class PairCollector {
  readonly #all: PairTableCollector;
  readonly #segments = new Map<string, PairTableCollector>();
  readonly #latency = new LatencyCounter();
  readonly #value = new ValueSum();

  constructor(private readonly settings: EvidenceSettings) {
    this.#all = new PairTableCollector(groupCount, settings.task);
  }

  record(unit: number, outcome: PairedOutcome): void {
    const mixed = remix(unit);
    const { canary, production, actual, value } = outcome;
    const segment = outcome.segment === undefined ? undefined : this.#segment(outcome.segment);
    this.#value.add(value);
    if (isLatency(canary.latencyMs)) this.#latency.add(canary.latencyMs);
    const [canaryFailed, productionFailed] = [hasFailed(canary), hasFailed(production)];
    const [canarySlow, productionSlow] = [this.#isSlow(canary), this.#isSlow(production)];
    this.#all.addRequest(mixed, canaryFailed, productionFailed, canarySlow, productionSlow);
    segment?.addRequest(mixed, canaryFailed, productionFailed, canarySlow, productionSlow);
    if (canaryFailed || productionFailed || actual === undefined) return;
    if (canary.prediction !== undefined && production.prediction !== undefined)
      this.#score(mixed, canary.prediction, production.prediction, actual, segment);
  }

  /** The actual value of a pair recorded before. */
  recordLabel(unit: number, label: PairLabel): void {
    const { canaryPrediction, productionPrediction, actual } = label;
    if (!Number.isFinite(canaryPrediction) || !Number.isFinite(productionPrediction)) return;
    const segment = label.segment === undefined ? undefined : this.#segment(label.segment);
    this.#score(remix(unit), canaryPrediction, productionPrediction, actual, segment);
  }

  take(): PairStatistics {
    return {
      value: this.#value.take(),
      latency: this.#latency.take(),
      all: this.#all.take(),
      segments: takeSegments(this.#segments, (table) => table.take(), isEmptyTable),
    };
  }

  #score(
    mixed: number,
    canary: number,
    production: number,
    actual: number,
    segment: PairTableCollector | undefined,
  ): void {
    if (!Number.isFinite(actual)) return;
    if (this.settings.task === 'classification') {
      this.#all.addAnswers(mixed, canary >= 0.5, production >= 0.5, actual >= 0.5);
      segment?.addAnswers(mixed, canary >= 0.5, production >= 0.5, actual >= 0.5);
      return;
    }
    const canaryLoss = Math.abs(canary - actual);
    const productionLoss = Math.abs(production - actual);
    const [canaryFailed, productionFailed] = [!(canaryLoss < pairLossLimit), !(productionLoss < pairLossLimit)];
    if (canaryFailed || productionFailed) {
      this.#all.addLateErrors(mixed, canaryFailed, productionFailed);
      segment?.addLateErrors(mixed, canaryFailed, productionFailed);
      return;
    }
    const { missBudget, lossBound } = this.settings;
    this.#all.addLosses(mixed, canaryLoss, productionLoss, missBudget, lossBound);
    segment?.addLosses(mixed, canaryLoss, productionLoss, missBudget, lossBound);
  }

  #isSlow({ latencyMs }: ModelAnswer): boolean {
    const budget = this.settings.latencyBudgetMs;
    return budget !== null && isLatency(latencyMs) && latencyMs > budget;
  }

  #segment(name: string): PairTableCollector {
    return ofSegment(this.#segments, name, () => new PairTableCollector(segmentGroupCount, this.settings.task));
  }
}

const isLatency = (latencyMs: number | undefined): latencyMs is number =>
  latencyMs !== undefined && latencyMs >= 0 && latencyMs < Infinity;

const hasFailed = ({ error, prediction }: ModelAnswer): boolean =>
  error === true || (prediction !== undefined && !Number.isFinite(prediction));
