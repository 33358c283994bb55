import { describe, expect, it } from 'vitest';
import { ExperimentTracker, type MLOpsConfig, ModelRegistry, RetrainPipeline } from '@bondx/mlops';
import { type World, createWorld, failure, smallRows } from '../helpers.js';

const retraining = { hyperparameterTuning: false, crossValidationFolds: 2 };
const rows = smallRows(300);

const pipelineOf = ({ options }: World, config: MLOpsConfig): RetrainPipeline =>
  new RetrainPipeline(config, new ExperimentTracker(config, options), new ModelRegistry(config, options));

/** Stopped once its data are checked, divided and cross-validated. */
async function interrupted(policy: object): Promise<{ world: World; retrainingId: string }> {
  const world = createWorld({ retraining, ...policy });
  const controller = new AbortController();
  const stopped = pipelineOf(world, world.config).triggerRetraining({ modelName: 'spread' }, rows, {
    trigger: 'manual',
    signal: controller.signal,
    onProgress: (_share, step) => (step === 'train' ? controller.abort() : undefined),
  });
  expect(await failure(stopped)).toMatchObject({ code: 'ABORTED' });
  const { retrainings } = await pipelineOf(world, world.config).listRetrainings();
  return { world, retrainingId: retrainings[0]!.retrainingId };
}

/** Everything that is stored of the new version and its retraining, files included. */
async function stored({ storage, artifacts }: World): Promise<string> {
  const texts: string[] = [];
  for (const collection of ['versions', 'retrainings', 'models']) {
    const { records } = await storage.query(collection, {});
    texts.push(JSON.stringify(records));
  }
  for await (const { digest } of artifacts.list()) {
    for await (const chunk of artifacts.get(digest)) texts.push(Buffer.from(chunk).toString('latin1'));
  }
  return texts.join('\n');
}

describe('a retraining that is resumed under another policy', () => {
  const privacy = { sensitiveColumns: { kind: { action: 'pseudonymize' } } };

  it('learns nothing of a column that is sensitive since then', async () => {
    const { world, retrainingId } = await interrupted({ security: { encryptModelArtifacts: false } });
    const { config } = createWorld({ retraining, privacy, security: { encryptModelArtifacts: false } } as never);
    const pipeline = pipelineOf(world, config);
    expect(await pipeline.resume(retrainingId)).toMatchObject({ status: 'registered' });
    expect(await stored(world)).not.toContain('BOND');
  });

  it('reads back what was computed of columns that were sensitive before', async () => {
    const { world, retrainingId } = await interrupted({ privacy });
    const pipeline = pipelineOf(world, world.config);
    const before = (await pipeline.getRetraining(retrainingId)).steps;
    expect(before.map(({ name }) => name)).toContain('cross_validate');
    await pipeline.resume(retrainingId);
    expect((await pipeline.getRetraining(retrainingId)).steps.slice(0, before.length)).toEqual(before);
  });
});
