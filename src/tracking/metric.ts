import type { Storage } from '../storage/storage.js';
import { checkOptions, describe, refuse } from '../util/check.js';
import { type Digest, digestBytes } from '../util/digest.js';

/** A number in JSON: NaN and ±Infinity spelled out. */
export type MetricNumber = number | 'NaN' | 'Infinity' | '-Infinity';

export const encodeNumber = (value: number): MetricNumber =>
  Number.isFinite(value) ? value : (String(value) as MetricNumber);

export const isMetricNumber = (value: unknown): value is MetricNumber =>
  typeof value === 'number' || value === 'NaN' || value === 'Infinity' || value === '-Infinity';

export const decodeNumber = (value: MetricNumber): number => Number(value);

/** One point of a metric's curve. */
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

/** @throws MLOpsError `INVALID_INPUT` */
export function checkPointRange(range: { readonly from?: number; readonly limit?: number }): void {
  checkOptions(range, ['from', 'limit'], 'getMetricHistory');
  for (const [name, value] of Object.entries(range as Readonly<Record<string, unknown>>)) {
    const isFine = value === undefined || value === Infinity || (Number.isSafeInteger(value) && (value as number) >= 0);
    if (!isFine) refuse(`${name} must be a whole number, 0 or more, got ${describe(value)}`);
  }
}

/** Entries read at a time: so many are still young when they are let go. */
const entriesPerRead = 8_192;

/** Points of a stream in the order they were logged; as many as there were when reading began. */
export async function readPoints(
  storage: Storage,
  stream: string,
  { from = 0, limit = Infinity }: { readonly from?: number; readonly limit?: number },
): Promise<readonly MetricPoint[]> {
  const points: MetricPoint[] = [];
  let end = from + limit;
  do {
    const next = from + points.length;
    const page = await storage.read(stream, { from: next, limit: Math.min(entriesPerRead, end - next) });
    for (const { value } of page.entries) points.push(decodePoint(value as unknown as StoredPoint));
    end = Math.min(end, page.length);
  } while (from + points.length < end);
  return points;
}

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
  /** Where the minimum was logged first. */
  readonly minStep: number;
  readonly max: number;
  readonly maxStep: number;
  /** Hash chain over the points: SHA-256 of the digest before and the next point. */
  readonly digest: Digest;
}

export interface StoredMetricSummary {
  readonly count: number;
  readonly last: MetricNumber;
  readonly lastStep: number;
  readonly min: MetricNumber;
  readonly minStep: number;
  readonly max: MetricNumber;
  readonly maxStep: number;
  readonly digest: Digest;
}

export const viewSummary = (stored: StoredMetricSummary): MetricSummary =>
  Object.freeze({
    ...stored,
    last: decodeNumber(stored.last),
    min: decodeNumber(stored.min),
    max: decodeNumber(stored.max),
  });

/** The summary after more points, in the order they were logged; at least one. */
export function addPoints(
  summary: StoredMetricSummary | undefined,
  points: readonly MetricPoint[],
): StoredMetricSummary {
  let { count, digest } = summary ?? { count: 0, digest: '' };
  let [min, minStep] = summary === undefined ? [NaN, 0] : [decodeNumber(summary.min), summary.minStep];
  let [max, maxStep] = summary === undefined ? [NaN, 0] : [decodeNumber(summary.max), summary.maxStep];
  for (const point of points) {
    const { value, step } = point;
    count++;
    digest = digestBytes(`${digest}${JSON.stringify(encodePoint(point))}`);
    if (value < min || Number.isNaN(min)) [min, minStep] = [value, step];
    if (value > max || Number.isNaN(max)) [max, maxStep] = [value, step];
  }
  const last = points.at(-1)!;
  return {
    count,
    last: encodeNumber(last.value),
    lastStep: last.step,
    min: encodeNumber(min),
    minStep,
    max: encodeNumber(max),
    maxStep,
    digest: digest as Digest,
  };
}
