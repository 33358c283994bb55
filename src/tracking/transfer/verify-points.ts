import { MLOpsError } from '../../errors.js';
import type { Storage } from '../../storage/storage.js';
import { canonicalJson } from '../../util/json.js';
import { own } from '../../util/own.js';
import {
  type MetricPoint,
  type StoredMetricSummary,
  type StoredPoint,
  addPoints,
  decodePoint,
  isMetricNumber,
  metricStream,
} from '../metric.js';
import type { StoredRun } from '../run.js';

/** Points read at a time. */
const pageSize = 10_000;

/**
 * The points of a metric in [from, to), in pages.
 *
 * @throws MLOpsError `CORRUPT` when there are fewer, or something else in their place
 */
export async function* pointPages(
  storage: Storage,
  runId: string,
  key: string,
  [from, to]: readonly [number, number],
): AsyncGenerator<readonly MetricPoint[]> {
  for (let next = from; next < to;) {
    const { entries, length } = await storage.read(metricStream(runId, key), {
      from: next,
      to: Math.min(next + pageSize, to),
    });
    if (entries.length === 0) {
      throw new MLOpsError('CORRUPT', `run ${runId} speaks of ${to} points of ${key}; there are ${length}`);
    }
    yield entries.map(({ value }) => {
      if (!isPoint(value)) throw new MLOpsError('CORRUPT', `run ${runId} has points of ${key} that are none`);
      return decodePoint(value);
    });
    next += entries.length;
  }
}

const isPoint = (value: unknown): value is StoredPoint =>
  Array.isArray(value) &&
  value.length === 3 &&
  Number.isFinite(value[0]) &&
  Number.isFinite(value[1]) &&
  isMetricNumber(value[2]);

/**
 * Proves that the points of a newer copy go on where those of an older one end, reading the points beyond only: the hash
 * chain that begins with the older digest must end with the newer one.
 *
 * @param storage holds the points of the newer copy
 * @throws MLOpsError `CONFLICT` when they are no continuation, `CORRUPT` when they are not those of the newer copy either
 */
export async function verifyPoints(storage: Storage, older: StoredRun | undefined, newer: StoredRun): Promise<void> {
  for (const key of Object.keys({ ...older?.metrics, ...newer.metrics }).sort()) {
    const [before, after] = [older && own(older.metrics, key), own(newer.metrics, key)];
    if (after === undefined || (before !== undefined && before.count > after.count)) throw differing(newer, key);
    if (matches(await summarize(storage, newer.runId, key, before, after.count), after)) continue;
    const whole = before === undefined ? undefined : await summarize(storage, newer.runId, key, undefined, after.count);
    if (whole !== undefined && matches(whole, after)) throw differing(newer, key);
    throw new MLOpsError(
      'CORRUPT',
      `the points of ${key} are not those that run ${newer.runId} speaks of: count, extremes or digest do not fit`,
    );
  }
}

async function summarize(
  storage: Storage,
  runId: string,
  key: string,
  before: StoredMetricSummary | undefined,
  count: number,
): Promise<StoredMetricSummary | undefined> {
  let summary = before;
  for await (const points of pointPages(storage, runId, key, [before?.count ?? 0, count])) {
    summary = addPoints(summary, points);
  }
  return summary;
}

const matches = (found: StoredMetricSummary | undefined, said: StoredMetricSummary): boolean =>
  found !== undefined && canonicalJson({ ...found }) === canonicalJson({ ...said });

const differing = ({ runId }: StoredRun, key: string): MLOpsError =>
  new MLOpsError('CONFLICT', `run ${runId} is there already, and differs in the points of ${key}`);
