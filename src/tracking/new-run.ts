import type { MLOpsConfig } from '../config/mlops-config.js';
import { checkName, checkOptionalName, checkOptions, describe, refuse } from '../util/check.js';
import { checkTags } from './batch.js';
import type { StoredRun } from './run.js';
import type { StartRunOptions } from './tracking-options.js';

/** What a run says from its beginning on. */
export type RunBeginning = Pick<
  StoredRun,
  'runId' | 'experimentName' | 'modelType' | 'runName' | 'parentRunId' | 'tags' | 'startedAt' | 'startedBy'
>;

/** @throws MLOpsError `INVALID_INPUT` */
export function describeRun(
  options: StartRunOptions,
  config: MLOpsConfig,
): Omit<RunBeginning, 'runId' | 'startedAt' | 'startedBy'> {
  const known = ['experimentName', 'modelType', 'runName', 'parentRunId', 'tags', 'heartbeat'];
  checkOptions(options, [...known, 'systemMetricsIntervalSeconds'], 'startRun');
  const { systemMetricsIntervalSeconds: seconds = null } = options;
  if (seconds !== null && !(typeof seconds === 'number' && seconds > 0)) {
    refuse(`systemMetricsIntervalSeconds must be seconds above 0, or null, got ${describe(seconds)}`);
  }
  const modelType = checkOptionalName(options.modelType, 'modelType');
  return {
    experimentName: checkName(options.experimentName, 'experimentName'),
    modelType: modelType === undefined ? null : config.checkModelType(modelType),
    runName: checkOptionalName(options.runName, 'runName') ?? null,
    parentRunId: checkOptionalName(options.parentRunId, 'parentRunId') ?? null,
    tags: checkTags(options.tags ?? {}),
  };
}

/** A run that has just begun. */
export const newRun = (
  beginning: RunBeginning,
  { environment, artifacts }: Pick<StoredRun, 'environment' | 'artifacts'>,
): StoredRun => ({
  ...beginning,
  status: 'running',
  endedAt: null,
  parameters: {},
  metrics: {},
  artifacts,
  datasets: [],
  environment,
  error: null,
  note: null,
  deletedAt: null,
  revision: 1,
});
