import { exactLimit } from '../../stats/exact-accumulator.js';
import { CellCollector } from './cell-collector.js';
import type { ArmStatistics, SegmentStatistics } from './deployment-statistics.js';
import type { EvidenceSettings } from './evidence-settings.js';
import { EventUnitCollector } from './event-unit-collector.js';
import { groupCount, remix, segmentGroupCount } from './key-groups.js';
import { LatencyCounter } from './latency-buckets.js';
import type { Label, RequestOutcome } from './outcome.js';
import { ofSegment, takeSegments } from './segment-map.js';
import { ValueSum } from './value-sum.js';

/** A loss whose square does not fit an exact sum counts as a failure of the model. */
export const lossLimit = Math.sqrt(exactLimit) / 2;

/** Collects what one arm did in one stratum. */
export class ArmCollector {
  readonly #cells: CellCollector;
  readonly #events = new EventUnitCollector();
  readonly #latency = new LatencyCounter();
  readonly #value = new ValueSum();
  readonly #segments = new Map<string, SegmentCollector>();

  constructor(private readonly settings: EvidenceSettings) {
    this.#cells = new CellCollector(groupCount, settings.task);
  }

  record(unit: number, outcome: RequestOutcome): void {
    const mixed = remix(unit);
    const { prediction, latencyMs, value } = outcome;
    const segment = outcome.segment === undefined ? undefined : this.#segment(outcome.segment);
    const isFailed = outcome.error === true || (prediction !== undefined && !Number.isFinite(prediction));
    let isSlow = false;
    if (latencyMs !== undefined && latencyMs >= 0 && latencyMs < Infinity) {
      this.#latency.add(latencyMs);
      isSlow = this.settings.latencyBudgetMs !== null && latencyMs > this.settings.latencyBudgetMs;
    }
    this.#value.add(value);
    this.#cells.addRequest(mixed, isFailed, isSlow);
    segment?.cells.addRequest(mixed, isFailed, isSlow);
    if (isFailed) {
      this.#events.addError(mixed);
      segment?.events.addError(mixed);
    }
    if (isSlow) {
      this.#events.addSlow(mixed);
      segment?.events.addSlow(mixed);
    }
    if (!isFailed && prediction !== undefined && outcome.actual !== undefined)
      this.#score(mixed, prediction, outcome.actual, segment);
  }

  /** The actual value of a request recorded before. */
  recordLabel(unit: number, label: Label): void {
    const segment = label.segment === undefined ? undefined : this.#segment(label.segment);
    if (Number.isFinite(label.prediction)) this.#score(remix(unit), label.prediction, label.actual, segment);
  }

  take(): ArmStatistics {
    return {
      value: this.#value.take(),
      latency: this.#latency.take(),
      cells: this.#cells.take(),
      events: this.#events.take(),
      segments: takeSegments(this.#segments, takeSegment, ({ cells }) => cells.group.length === 0),
    };
  }

  #score(mixed: number, prediction: number, actual: number, segment: SegmentCollector | undefined): void {
    if (!Number.isFinite(actual)) return;
    if (this.settings.task === 'classification') {
      const isPositive = prediction >= 0.5;
      this.#cells.addClass(mixed, isPositive, actual >= 0.5);
      segment?.cells.addClass(mixed, isPositive, actual >= 0.5);
      return;
    }
    const loss = Math.abs(prediction - actual);
    if (!(loss < lossLimit)) {
      this.#cells.addLateError(mixed);
      this.#events.addError(mixed);
      segment?.cells.addLateError(mixed);
      segment?.events.addError(mixed);
      return;
    }
    const isMiss = this.settings.missBudget !== null && loss > this.settings.missBudget;
    this.#cells.addLoss(mixed, loss, isMiss);
    segment?.cells.addLoss(mixed, loss, isMiss);
    if (isMiss) {
      this.#events.addMiss(mixed);
      segment?.events.addMiss(mixed);
    }
  }

  #segment(name: string): SegmentCollector {
    return ofSegment(this.#segments, name, () => ({
      cells: new CellCollector(segmentGroupCount, this.settings.task),
      events: new EventUnitCollector(),
    }));
  }
}

interface SegmentCollector {
  readonly cells: CellCollector;
  readonly events: EventUnitCollector;
}

const takeSegment = ({ cells, events }: SegmentCollector): SegmentStatistics => ({
  cells: cells.take(),
  events: events.take(),
});
