import { MLOpsError } from '../errors.js';
import { contextOf } from '../runtime/context.js';
import { findModel, loadVersion } from '../registry/stage-change.js';
import { openVersion } from '../registry/lookups.js';
import type { Champion } from './challenge.js';
import type { Job } from './job.js';

/**
 * The production version, ready to be asked; undefined when there is none.
 *
 * @throws MLOpsError `UNSUPPORTED` when it is of a format that no loader reads: nothing can be proved better than it then
 */
export async function findChampion({
  storage,
  artifacts,
  registry,
  loaders,
  plan,
}: Job): Promise<Champion | undefined> {
  const version = (await findModel(storage, plan.modelName))?.value.production ?? undefined;
  if (version === undefined) return undefined;
  const { value } = await loadVersion(storage, plan.modelName, version);
  const model = await openVersion(contextOf(registry), value, artifacts, loaders);
  if (model.task !== plan.task) {
    throw new MLOpsError(
      'ILLEGAL_STATE',
      `${plan.modelName} ${version} is for ${model.task}, the policy's task is ${plan.task}: they cannot be compared`,
    );
  }
  return {
    version,
    digest: value.digest,
    model,
    metrics: value.performanceMetrics,
    ...(value.trainingData?.profile !== undefined && { profile: value.trainingData.profile }),
  };
}
