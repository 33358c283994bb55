import type { BatchObservableCallback, Meter } from '@opentelemetry/api';
import type { PerformanceMonitor } from '../../monitoring/performance/performance-monitor.js';
import { latencyQuantile } from '../../monitoring/performance/summarize-window.js';
import { mergeWindows } from '../../monitoring/performance/merge-windows.js';
import { attribute, metric } from './names.js';

const quantiles = [0.5, 0.95, 0.99];

/**
 * Lets a meter ask a monitor for its counts, when it collects: recording a prediction costs nothing more.
 *
 * @returns ends that
 */
export function observePerformance(meter: Meter, monitor: PerformanceMonitor): () => void {
  const counter = (name: string, unit: string, description: string) =>
    meter.createObservableCounter(name, { unit, description });
  const predictions = counter(metric.predictions, '{prediction}', 'Requests a version answered or failed.');
  const errors = counter(metric.predictionErrors, '{prediction}', 'Requests a version failed.');
  const time = counter(metric.predictionTime, 's', 'How long all answers together took.');
  const labelled = counter(metric.labelled, '{prediction}', 'Requests whose actual value is known.');
  const absoluteError = counter(metric.absoluteError, '1', 'Sum of |prediction - actual|.');
  const duration = meter.createObservableGauge(metric.predictionDuration, {
    unit: 's',
    description: 'Quantiles of how long answers took, over the windows that the monitor keeps.',
  });

  const observe: BatchObservableCallback = (result) => {
    for (const total of monitor.totals()) {
      const { modelName, version } = total;
      const model = { [attribute.modelName]: modelName, [attribute.modelVersion]: version };
      result.observe(predictions, total.requests, model);
      result.observe(errors, total.errors, model);
      result.observe(time, total.latencies.sumMs / 1000, model);
      result.observe(labelled, total.quality.count, model);
      result.observe(absoluteError, total.quality.absoluteError, model);
      const windows = monitor.windows(modelName, version);
      if (windows.length === 0) continue;
      const kept = mergeWindows(windows);
      for (const p of quantiles) {
        const ms = latencyQuantile(kept, p);
        if (ms !== null) result.observe(duration, ms / 1000, { ...model, [attribute.quantile]: p });
      }
    }
  };
  const observed = [predictions, errors, time, labelled, absoluteError, duration];
  meter.addBatchObservableCallback(observe, observed);
  return () => meter.removeBatchObservableCallback(observe, observed);
}
