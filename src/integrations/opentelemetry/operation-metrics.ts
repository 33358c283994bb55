import type { Attributes, Context, Counter, Gauge, Histogram, Meter } from '@opentelemetry/api';
import type { OperationEnd, OperationStart } from '../../runtime/telemetry/telemetry.js';
import { attribute, metric } from './names.js';

/** Seconds; from a commit in memory to a training. */
const boundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** What operations took and what came of drift checks and alerts. */
export class OperationMetrics {
  readonly #duration: Histogram;
  readonly #driftScore: Gauge;
  readonly #driftChecks: Counter;
  readonly #alerts: Counter;

  constructor(meter: Meter) {
    this.#duration = meter.createHistogram(metric.operationDuration, {
      unit: 's',
      description: 'How long operations of the library took.',
      advice: { explicitBucketBoundaries: boundaries },
    });
    this.#driftScore = meter.createGauge(metric.driftScore, {
      unit: '1',
      description: 'Overall drift score of the newest check of a model in this process.',
    });
    this.#driftChecks = meter.createCounter(metric.driftChecks, {
      unit: '{check}',
      description: 'Drift checks that were made, by verdict.',
    });
    this.#alerts = meter.createCounter(metric.alerts, {
      unit: '{alert}',
      description: 'Alerts of which somebody is told, by why.',
    });
  }

  record(
    { operation, modelName }: OperationStart,
    { decision, detail = {} }: OperationEnd,
    { seconds, errorType, context }: { seconds: number; errorType: string | undefined; context: Context },
  ): void {
    const what: Attributes = {
      [attribute.operation]: operation,
      ...(errorType !== undefined && { [attribute.errorType]: errorType }),
    };
    this.#duration.record(seconds, what, context);
    if (decision !== 'allow' || errorType !== undefined) return;
    const model: Attributes = modelName === undefined ? {} : { [attribute.modelName]: modelName };
    if (operation === 'drift.detect') {
      const { overallDriftScore, verdict } = detail;
      if (typeof overallDriftScore === 'number') this.#driftScore.record(overallDriftScore, model, context);
      this.#driftChecks.add(1, { ...model, [attribute.driftVerdict]: word(verdict) }, context);
    }
    if (operation === 'monitoring.raise_alert' || operation === 'monitoring.recover_alert')
      this.#countAlert(detail, model, context);
  }

  #countAlert(
    { key, severity, notice }: NonNullable<OperationEnd['detail']>,
    model: Attributes,
    context: Context,
  ): void {
    if (notice === 'none') return;
    const source = word(key).split('/')[0]!;
    const about = { [attribute.alertSource]: source, [attribute.alertSeverity]: word(severity) };
    this.#alerts.add(1, { ...model, ...about, [attribute.alertNotice]: word(notice) }, context);
  }
}

const word = (value: unknown): string => (typeof value === 'string' ? value : 'unknown');
