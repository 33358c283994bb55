import { type TableInput, toTable } from '../../data/table.js';
import { MLOpsError } from '../../errors.js';
import { type ModelLoader, closeModel } from '../../models/async-model.js';
import { openVersion } from '../../registry/lookups.js';
import { findModel, loadVersion } from '../../registry/stage-change.js';
import type { Context } from '../../runtime/context.js';
import { dataBoundary } from '../../runtime/protection.js';
import type { ArtifactStore } from '../../storage/artifact-store.js';
import type { Storage } from '../../storage/storage.js';
import { checkName, refuse } from '../../util/check.js';
import { toIso } from '../../util/clock.js';
import { guessTimeColumn, rowsWithTarget } from '../split-data.js';
import { assessPerformance } from './assess-performance.js';
import type { PerformanceReport } from './performance-report.js';

/** The labelled rows that {@link RetrainPipeline.checkPerformance} judges a version by. */
export interface CheckPerformanceOptions {
  readonly modelName: string;
  /** Recent rows whose target is known by now, and which the version has not learned from. */
  readonly data: TableInput;
  /** Column of the time; `models.<type>.time_column` or a date column called `date` unless told. */
  readonly timeColumn?: string;
}

/**
 * A report on the version in production.
 *
 * @throws MLOpsError `NOT_FOUND` without one; `INVALID_INPUT` for data without its columns
 */
export async function checkPerformance(
  context: Context,
  { storage, artifacts, loaders }: { storage: Storage; artifacts: ArtifactStore; loaders: readonly ModelLoader[] },
  options: CheckPerformanceOptions,
): Promise<PerformanceReport> {
  const { config, clock, ids } = context;
  const modelName = checkName(options.modelName, 'modelName');
  const modelVersion = (await findModel(storage, modelName))?.value.production ?? undefined;
  if (modelVersion === undefined) throw new MLOpsError('NOT_FOUND', `${modelName} has no version in production`);
  const { value: version } = await loadVersion(storage, modelName, modelVersion);
  const policy = config.modelPolicy(version.modelType);
  const targetColumn = version.targetColumn ?? policy.targetColumn;
  if (targetColumn === null) refuse(`${modelName} ${modelVersion} was registered without a target column`);
  const data = await dataBoundary(context).table(toTable(options.data));
  const table = data.rowCount === 0 ? data : rowsWithTarget(data, targetColumn);
  if (data.rowCount > 0) for (const column of version.featureColumns) table.column(column);
  const reportId = ids.next();
  const model = await openVersion(context, version, artifacts, loaders);
  try {
    const assessment = await assessPerformance({
      model,
      table,
      targetColumn,
      timeColumn: options.timeColumn ?? policy.timeColumn ?? guessTimeColumn(table),
      metrics: version.performanceMetrics,
      threshold: config.policy.monitoring.performanceDropThreshold,
    });
    const createdAt = toIso(clock.now());
    const digests = { dataDigest: data.digest(), policyDigest: config.digest };
    return { reportId, modelName, modelVersion, createdAt, ...assessment, ...digests };
  } finally {
    await closeModel(model);
  }
}
