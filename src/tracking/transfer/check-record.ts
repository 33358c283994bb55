import { MLOpsError } from '../../errors.js';
import type { StoredRecord } from '../../storage/storage.js';
import { checkRelativePath, refuse } from '../../util/check.js';
import type { StoredExperiment } from '../experiments.js';
import { isMetricNumber } from '../metric.js';
import { type StoredRun, finalRunStatuses } from '../run.js';

type Test = (value: unknown) => boolean;

/**
 * The run of a record that somebody else wrote: each field is of its kind, so that nobody who reads it later stumbles. What
 * storage refuses by itself (names with control characters, values that are no JSON) is not looked at.
 *
 * @throws MLOpsError `CORRUPT` when it is not that of a run, `INVALID_INPUT` for artifacts whose names lead elsewhere
 */
export function checkRecord({ id, value }: StoredRecord): StoredRun {
  const unfit = unfitIn(value, fields);
  const run = value as unknown as StoredRun;
  if (unfit !== undefined || run.runId !== id) {
    throw new MLOpsError('CORRUPT', `the record of run ${id} is not that of a run: see its ${unfit ?? 'runId'}`);
  }
  const names = new Set(
    run.artifacts.map(({ name }) => checkRelativePath(name, `the name of an artifact of run ${id}`)),
  );
  if (names.size < run.artifacts.length) refuse(`run ${id} has several artifacts of one name`);
  return run;
}

/**
 * As {@link checkRecord}, of the experiment that comes along with a run.
 *
 * @throws MLOpsError `CORRUPT`
 */
export function checkExperiment({ id, value }: StoredRecord): StoredExperiment {
  const unfit = unfitIn(value, experimentFields);
  const experiment = value as unknown as StoredExperiment;
  if (unfit === undefined && experiment.experimentName === id) return experiment;
  const field = unfit ?? 'experimentName';
  throw new MLOpsError('CORRUPT', `the record of experiment ${id} is not that of an experiment: see its ${field}`);
}

const unfitIn = (value: unknown, tests: Readonly<Record<string, Test>>): string | undefined =>
  isObject(value) ? Object.keys(tests).find((name) => !tests[name]!(value[name])) : 'all of it';

const isText: Test = (value) => typeof value === 'string';
const isCount: Test = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
/** UTC milliseconds that a Date can hold. */
const isTime: Test = (value) => typeof value === 'number' && Math.abs(value) <= 8.64e15;
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const orNull =
  (test: Test): Test =>
  (value) =>
    value === null || test(value);
/** Absent in runs of older versions. */
const orAbsent =
  (test: Test): Test =>
  (value) =>
    value === undefined || test(value);
const mapOf =
  (test: Test): Test =>
  (value) =>
    isObject(value) && Object.values(value).every(test);
const listOf =
  (test: Test): Test =>
  (value) =>
    Array.isArray(value) && value.every(test);
const objectWith =
  (tests: Readonly<Record<string, Test>>): Test =>
  (value) =>
    isObject(value) && Object.entries(tests).every(([name, test]) => test(value[name]));

const fields: Readonly<Record<string, Test>> = {
  runId: isText,
  experimentName: isText,
  modelType: orNull(isText),
  runName: orNull(isText),
  parentRunId: orNull(isText),
  status: (value) => value === 'running' || finalRunStatuses.some((status) => status === value),
  startedAt: isTime,
  endedAt: orNull(isTime),
  startedBy: isText,
  parameters: isObject,
  metrics: mapOf(
    objectWith({
      ...{ count: isCount, digest: isText },
      ...{ last: isMetricNumber, min: isMetricNumber, max: isMetricNumber },
      ...{ lastStep: Number.isFinite, minStep: Number.isFinite, maxStep: Number.isFinite },
    }),
  ),
  tags: mapOf(isText),
  artifacts: listOf(objectWith({ name: isText, digest: isText, size: isCount })),
  environment: orNull(isObject),
  error: orNull(isText),
  datasets: orAbsent(
    listOf(objectWith({ name: isText, digest: isText, role: isText, schema: orAbsent(mapOf(isText)) })),
  ),
  note: orAbsent(orNull(isText)),
  deletedAt: orAbsent(orNull(isTime)),
  revision: orAbsent(isCount),
  droppedPoints: orAbsent(isCount),
};

const experimentFields: Readonly<Record<string, Test>> = {
  experimentName: isText,
  description: orNull(isText),
  tags: mapOf(isText),
  createdAt: isTime,
  createdBy: isText,
};
