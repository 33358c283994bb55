import { latencyBucketStart } from '../../canary/evidence/latency-buckets.js';
import type { PerformanceMonitor } from './performance-monitor.js';
import type { PerformanceWindow } from './window.js';

/** Upper ends of the buckets that are shown, milliseconds: powers of two, ends of the monitor's own buckets too. */
const ends = Array.from({ length: 15 }, (_, i) => 2 ** (i - 1));

interface Family {
  readonly name: string;
  readonly type: 'counter' | 'histogram';
  readonly help: string;
  readonly lines: (window: PerformanceWindow, labels: string) => readonly string[];
}

const counter = (name: string, help: string, value: (window: PerformanceWindow) => number): Family => ({
  name,
  type: 'counter',
  help,
  lines: (window, labels) => [`${name}{${labels}} ${value(window)}`],
});

const families: readonly Family[] = [
  counter('bondx_mlops_requests_total', 'Requests a version answered or failed.', ({ requests }) => requests),
  counter('bondx_mlops_errors_total', 'Requests a version failed.', ({ errors }) => errors),
  counter('bondx_mlops_labelled_total', 'Requests whose actual value is known.', ({ quality }) => quality.count),
  counter('bondx_mlops_absolute_error_total', 'Sum of |prediction - actual|.', ({ quality }) => quality.absoluteError),
  counter('bondx_mlops_squared_error_total', 'Sum of (prediction - actual)^2.', ({ quality }) => quality.squaredError),
  {
    name: 'bondx_mlops_latency_seconds',
    type: 'histogram',
    help: 'How long answers took.',
    lines: ({ latencies }, labels) => {
      const name = 'bondx_mlops_latency_seconds';
      const upTo = (end: number): number =>
        latencies.buckets.reduce((sum, [bucket, n]) => (latencyBucketStart(bucket) < end ? sum + n : sum), 0);
      return [
        ...ends.map((end) => `${name}_bucket{${labels},le="${end / 1000}"} ${upTo(end)}`),
        `${name}_bucket{${labels},le="+Inf"} ${latencies.count}`,
        `${name}_sum{${labels}} ${latencies.sumMs / 1000}`,
        `${name}_count{${labels}} ${latencies.count}`,
      ];
    },
  },
];

/**
 * What a monitor counted, in the text format of Prometheus (version 0.0.4): serve it as `text/plain; version=0.0.4`. A value on
 * the end of a bucket counts in the next one.
 */
export function prometheusText(monitor: PerformanceMonitor): string {
  const totals = monitor.totals();
  const blocks = families.map(({ name, type, help, lines }) =>
    [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...totals.flatMap((window) => lines(window, labelsOf(window))),
    ].join('\n'),
  );
  return `${blocks.join('\n')}\n`;
}

const labelsOf = ({ modelName, version }: PerformanceWindow): string =>
  `model="${escape(modelName)}",version="${escape(version)}"`;

const escape = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
