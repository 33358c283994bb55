import { MLOpsError } from '../../../errors.js';
import { closeModel } from '../../../models/async-model.js';
import { openVersion } from '../../../registry/lookups.js';
import { loadVersion } from '../../../registry/stage-change.js';
import type { Check, CheckInputs } from '../check.js';
import { type ProductionModel, productionModels } from './production-models.js';
import { isError } from '../../../util/is-error.js';

/** Loads the version in production of each model: its bytes must be those that were registered, and be readable. */
export const modelCheck: Check = {
  name: 'production_models',
  failure: 'unhealthy',
  async run(inputs) {
    const storage = await inputs.context.stores.storage();
    const models = await productionModels(storage);
    if (models.length === 0) return { status: 'skipped', reason: 'no model is in production' };
    const broken: string[] = [];
    const unread: string[] = [];
    for (const model of models) {
      const problem = await problemOf(inputs, model);
      const name = `${model.modelName} ${model.version}`;
      if (problem === 'unsupported') unread.push(name);
      else if (problem !== undefined) broken.push(`${name}: ${problem}`);
    }
    const detail = { models: models.length, broken, unread };
    if (broken.length > 0) return { status: 'unhealthy', reason: broken.join('; '), detail };
    if (unread.length < models.length) return { status: 'healthy', reason: 'loaded and verified', detail };
    return { status: 'skipped', reason: `no reader was passed for ${unread.join(', ')}`, detail };
  },
};

async function problemOf({ context, loaders }: CheckInputs, model: ProductionModel): Promise<string | undefined> {
  try {
    const storage = await context.stores.storage();
    const { value } = await loadVersion(storage, model.modelName, model.version);
    await closeModel(await openVersion(context, value, await context.stores.artifacts(), loaders));
    return undefined;
  } catch (error) {
    if (error instanceof MLOpsError && error.code === 'UNSUPPORTED') return 'unsupported';
    return isError(error) ? error.message : String(error);
  }
}
