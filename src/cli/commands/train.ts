import { readCsv } from '../../data/csv.js';
import { contextOf } from '../../runtime/context.js';
import { dataBoundary } from '../../runtime/protection.js';
import { trainModel } from '../../retraining/train-model.js';
import { ExperimentTracker } from '../../tracking/experiment-tracker.js';
import { exitCode } from '../exit-code.js';
import { writeModelFolder } from '../model-files.js';
import { formatMetrics } from '../output.js';
import type { Session } from '../session.js';
import { isError } from '../../util/is-error.js';

export interface TrainOptions {
  readonly model: string;
  readonly data: string;
  readonly type?: string;
  readonly algorithm?: string;
}

export async function train(session: Session, options: TrainOptions): Promise<number> {
  const { config, output, signal, who } = session;
  const modelType = options.type ?? options.model;
  const experimentName = `${options.model}_training`;
  using progress = output.progress();
  await using tracker = new ExperimentTracker(config, who);
  const read = await readCsv(options.data, { signal, onProgress: (share) => progress.update(share * 0.1, 'reading') });
  const data = await dataBoundary(contextOf(tracker)).table(read); // what is learned is written to a folder
  const runId = await tracker.startRun({ experimentName, modelType });
  try {
    const trained = await trainModel(config, {
      modelType,
      data,
      signal,
      ...(options.algorithm !== undefined && { algorithm: options.algorithm }),
      onProgress: (share) => progress.update(0.1 + share * 0.9, 'training'),
    });
    progress.end();
    for (const warning of trained.warnings) output.note(`note: ${warning}`);
    const { algorithm, hyperparameters, trainingData, metrics } = trained;
    await tracker.logParameters(runId, { algorithm, hyperparameters, trainingDataDigest: trainingData.digest });
    await tracker.logMetrics(runId, metrics);
    const folder = await writeModelFolder(
      config.resolvePath(config.policy.modelStoragePath),
      options.model,
      trained.model,
      {
        modelType,
        featureColumns: trained.featureColumns,
        targetColumn: trained.targetColumn,
        performanceMetrics: metrics,
        hyperparameters: { algorithm, ...hyperparameters },
        trainingData,
        runId,
        experimentName,
      },
      trained.baselineProfile,
    );
    await tracker.endRun(runId, 'completed');
    output.result(
      { path: folder, runId, algorithm, metrics, holdoutRows: trained.holdout.rowCount, holdout: trained.split },
      `trained ${options.model} (${algorithm}) on ${trainingData.rowCount} rows, tested on ${trained.split}, ${trained.holdout.rowCount} rows\n` +
        `${formatMetrics(metrics)}\nwritten to ${folder}`,
    );
    return exitCode.ok;
  } catch (error) {
    await tracker.endRun(runId, signal.aborted ? 'aborted' : 'failed', isError(error) ? error.message : String(error));
    throw error;
  }
}
