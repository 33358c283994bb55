import { type Digest, digestBytes } from '../util/digest.js';

/** A number in JSON: NaN and ±Infinity spelled out. */
export type MetricNumber = number | 'NaN' | 'Infinity' | '-Infinity';

export const encodeNumber = (value: number): MetricNumber =>
  Number.isFinite(value) ? value : (String(value) as MetricNumber);

export const decodeNumber = (value: MetricNumber): number => Number(value);

export interface MetricPoint {
  readonly step: number;
  /** UTC milliseconds. */
  readonly timestamp: number;
  /** NaN and ±Infinity are kept. */
  readonly value: number;
}

/** A point as it stands in its stream. */
export type StoredPoint = readonly [step: number, timestamp: number, value: MetricNumber];

export const encodePoint = (point: MetricPoint): StoredPoint => [
  point.step,
  point.timestamp,
  encodeNumber(point.value),
];

export const decodePoint = ([step, timestamp, value]: StoredPoint): MetricPoint => ({
  step,
  timestamp,
  value: decodeNumber(value),
});

/** The stream of one metric's points, in the order they were logged. */
export const metricStream = (runId: string, key: string): string => `run/${runId}/metric/${key}`;

/** What is known of a metric without reading its points. */
export interface MetricSummary {
  /** Points logged. */
  readonly count: number;
  /** Value logged last. */
  readonly last: number;
  readonly lastStep: number;
  /** Over the values that are not NaN; NaN when there are none. */
  readonly min: number;
  readonly max: number;
  /** Hash chain over the points: SHA-256 of the digest before and the next point. */
  readonly digest: Digest;
}

export interface StoredMetricSummary {
  readonly count: number;
  readonly last: MetricNumber;
  readonly lastStep: number;
  readonly min: MetricNumber;
  readonly max: MetricNumber;
  readonly digest: Digest;
}

export const viewSummary = (stored: StoredMetricSummary): MetricSummary =>
  Object.freeze({
    ...stored,
    last: decodeNumber(stored.last),
    min: decodeNumber(stored.min),
    max: decodeNumber(stored.max),
  });

/** The summary after one more point. */
export function addPoint(summary: StoredMetricSummary | undefined, point: MetricPoint): StoredMetricSummary {
  const encoded = encodePoint(point);
  const { value } = point;
  const min = summary === undefined ? NaN : decodeNumber(summary.min);
  const max = summary === undefined ? NaN : decodeNumber(summary.max);
  return {
    count: (summary?.count ?? 0) + 1,
    last: encoded[2],
    lastStep: point.step,
    min: encodeNumber(value < min || Number.isNaN(min) ? value : min),
    max: encodeNumber(value > max || Number.isNaN(max) ? value : max),
    digest: digestBytes(`${summary?.digest ?? ''}${JSON.stringify(encoded)}`),
  };
}
