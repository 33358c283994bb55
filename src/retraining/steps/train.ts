import type { Table } from '../../data/table.js';
import { type AnyModel, type ModelFile, closeModel } from '../../models/async-model.js';
import { modelFiles, openModel } from '../../models/model-file.js';
import { type BundleFile, bundleDigest, readStored, storeBundle } from '../../runtime/bundle.js';
import type { Digest } from '../../util/digest.js';
import type { JsonObject } from '../../util/json.js';
import type { Job } from '../job.js';

/** What the training step leaves behind. */
export interface TrainingOutput {
  readonly files: readonly BundleFile[];
  /** Path of the model's own file among them. */
  readonly main: string;
  readonly warnings: readonly string[];
  readonly trainingTimeSeconds: number;
  /** What the trainer measured itself. */
  readonly ownMetrics?: Readonly<Record<string, number>>;
}

/** A trained challenger: its bytes as they will be registered, and the model they hold. */
export interface Challenger extends TrainingOutput {
  readonly hyperparameters: JsonObject;
  readonly digest: Digest;
  readonly contents: readonly ModelFile[];
  readonly model: AnyModel;
}

/**
 * Trains and stores the model's bytes. The model is read back from them, after an interruption and without one: what is
 * judged is what will be registered.
 */
export async function trainStep(
  job: Job,
  train: Table,
  hyperparameters: JsonObject,
  runId: string,
): Promise<Challenger> {
  const { plan, artifacts, loaders } = job;
  const output = await job.journal.step('train', { train: train.digest(), hyperparameters }, () =>
    trainAndStore(job, train, hyperparameters, runId),
  );
  const own = output.files.find(({ path }) => path === output.main)!;
  const ordered = [own, ...output.files.filter((file) => file !== own)];
  const contents = await Promise.all(
    ordered.map(async ({ path, digest }) => ({ path, bytes: await readStored(artifacts, digest) })),
  );
  const model = await openModel(contents, { task: plan.task, featureColumns: plan.featureColumns }, loaders);
  return { ...output, hyperparameters, digest: bundleDigest(output.files), contents, model };
}

async function trainAndStore(
  job: Job,
  train: Table,
  hyperparameters: JsonObject,
  runId: string,
): Promise<TrainingOutput> {
  const { plan, artifacts, config } = job;
  const began = performance.now();
  const { attempt } = job.journal.record;
  const { model, warnings, metrics } = await job.trainer.train({
    table: train,
    hyperparameters,
    targetColumn: plan.targetColumn,
    featureColumns: plan.featureColumns,
    task: plan.task,
    random: job.random.split('train'),
    signal: job.signal,
    onProgress: (fraction) => job.progress('train', fraction),
    keepFile: async (name, content) => {
      await job.tracker.logArtifact(runId, { name: attempt === 1 ? name : `attempt-${attempt}/${name}`, content });
    },
  });
  const trainingTimeSeconds = (performance.now() - began) / 1000;
  const contents = modelFiles(model);
  await closeModel(model);
  const files = await storeBundle(
    artifacts,
    contents.map(({ path, bytes }) => ({ path, open: () => bytes })),
    config.policy.tracking.maxArtifactSizeMb * 1024 * 1024,
  );
  const ownMetrics = metrics === undefined ? {} : { ownMetrics: metrics };
  return { files, main: contents[0]!.path, warnings, trainingTimeSeconds, ...ownMetrics };
}
