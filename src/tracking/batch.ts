import { MLOpsError } from '../errors.js';
import type { Change } from '../storage/storage.js';
import { checkList, checkName, checkObject, checkOptions, describe, refuse } from '../util/check.js';
import { type JsonValue, assertJson, canonicalJson } from '../util/json.js';
import { own } from '../util/own.js';
import { type MetricPoint, addPoints, encodePoint, metricStream } from './metric.js';
import type { StoredRun } from './run.js';
import type { RunBatch } from './tracking-options.js';

/** Most points of one batch. */
const maxPoints = 100_000;

/** Most metrics of one run: each takes three of the 10,000 fields that a record is found by. */
const maxMetrics = 3_000;

/** @throws MLOpsError `INVALID_INPUT` */
export function checkMetricCount(count: number, who: string): void {
  if (count > maxMetrics)
    refuse(`${who} would have ${count} metrics; at most ${maxMetrics} are allowed: log a table as an artifact`);
}

/** UTC milliseconds that a date can hold. */
const latestTime = 8.64e15;

/** What a batch says, checked; points by metric, in the order they came. */
export interface CheckedBatch {
  readonly points: ReadonlyMap<string, readonly MetricPoint[]>;
  readonly parameters: Readonly<Record<string, JsonValue>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** @param now timestamp of points that have none */
export function checkBatch(batch: RunBatch, now: number): CheckedBatch {
  checkOptions(batch, ['metrics', 'parameters', 'tags'], 'logBatch');
  const { metrics = [], parameters = {}, tags = {} } = batch;
  checkList(metrics, 'metrics', 'points, such as [{ key, value, step }]');
  if (metrics.length > maxPoints) refuse(`a batch has ${metrics.length} points; at most ${maxPoints} are allowed`);
  const points = new Map<string, MetricPoint[]>();
  for (const point of metrics) {
    const { key, value, step = 0, timestamp = now } = checkObject(point, 'a point of metrics');
    checkName(key, 'metric name');
    checkPosition(step, timestamp);
    checkValue(key, value);
    addPoint(points, key, { step, timestamp, value });
  }
  for (const [key, value] of Object.entries(checkObject(parameters, 'parameters'))) {
    checkName(key, 'parameter name');
    assertJson(value, `parameter ${key}`);
  }
  return { points, parameters, tags: checkTags(tags) };
}

export function checkPosition(step: number, timestamp: number): void {
  if (!Number.isSafeInteger(step)) refuse(`step must be a whole number, got ${describe(step)}`);
  if (typeof timestamp !== 'number' || !(Math.abs(timestamp) <= latestTime)) {
    refuse(`timestamp must be UTC milliseconds, got ${describe(timestamp)}`);
  }
}

export function checkValue(key: string, value: unknown): void {
  if (typeof value !== 'number') refuse(`metric ${key} must be a number, got ${typeof value}`);
}

export function addPoint(points: Map<string, MetricPoint[]>, key: string, point: MetricPoint): void {
  const sofar = points.get(key);
  if (sofar === undefined) points.set(key, [point]);
  else sofar.push(point);
}

export function checkTags(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [key, value] of Object.entries(checkObject(tags, 'tags'))) {
    checkName(key, 'tag name');
    if (typeof value !== 'string') refuse(`tag ${key} must be a string, got ${typeof value}`);
  }
  return tags;
}

/**
 * The run with the batch, and the points to append.
 *
 * @throws MLOpsError `ALREADY_EXISTS` for a parameter that has another value already
 */
export function applyBatch(run: StoredRun, batch: CheckedBatch): { run: StoredRun; appends: Change[] } {
  for (const [key, value] of Object.entries(batch.parameters)) {
    const before = own(run.parameters, key);
    if (before !== undefined && canonicalJson(before) !== canonicalJson(value)) {
      throw new MLOpsError(
        'ALREADY_EXISTS',
        `run ${run.runId} has the parameter ${key} = ${canonicalJson(before)} already; start another run for ${canonicalJson(value)}`,
      );
    }
  }
  const metrics = { ...run.metrics };
  const appends: Change[] = [];
  let isNew = false;
  for (const [key, points] of batch.points) {
    const before = own(metrics, key);
    isNew ||= before === undefined;
    appends.push({
      kind: 'append',
      stream: metricStream(run.runId, key),
      values: points.map(encodePoint),
      expect: before?.count ?? 0,
    });
    metrics[key] = addPoints(before, points);
  }
  if (isNew) checkMetricCount(Object.keys(metrics).length, `run ${run.runId}`);
  const parameters = { ...run.parameters, ...batch.parameters };
  return { run: { ...run, metrics, parameters, tags: { ...run.tags, ...batch.tags } }, appends };
}
