import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ExperimentTracker, ModelRegistry, RetrainPipeline, type Retraining } from '@bondx/mlops';
import { onnxLoader } from '@bondx/mlops/onnx';
import { ConstantModel } from '../../src/models/constant-model.js';
import { createWorld, failure, smallRows } from '../helpers.js';

const folder = mkdtempSync(join(tmpdir(), 'retrain-command-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function setUp(command: object, hyperparameters: Record<string, string | number> = {}, task = 'classification') {
  const spread = {
    task,
    featureColumns: ['x', 'kind'],
    targetColumn: 'y',
    algorithm: 'command',
    command,
    hyperparameters,
  };
  const world = createWorld({ models: { spread } } as never);
  const tracker = new ExperimentTracker(world.config, world.options);
  const registry = new ModelRegistry(world.config, world.options);
  const pipeline = new RetrainPipeline(world.config, tracker, registry, { loaders: [onnxLoader()] });
  return { ...world, tracker, registry, pipeline };
}

const nodeProgram = {
  program: process.execPath,
  arguments: [resolve('tests/models/command/trainer.mjs')],
  modelFile: 'model.json',
};
const byHand = { trigger: 'manual' } as const;
/** Whether y is high: a class of about half of the rows. */
const rows = smallRows(400).map((row) => ({ ...row, y: row.y > 12 ? 1 : 0 }));
const cause = { modelName: 'spread' };

async function textOf(tracker: ExperimentTracker, runId: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of tracker.readArtifact(runId, 'training.log')) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('a retraining by a program that the policy names', () => {
  it('registers what the program made, with its metrics and its log', async () => {
    const { pipeline, registry, tracker } = setUp(nodeProgram, { act: 'train' });
    const result = await pipeline.triggerRetraining(cause, rows, byHand);
    expect(result).toMatchObject({ status: 'registered', newModelVersion: '1.0.0' });
    expect(result).not.toHaveProperty('tuning');
    expect(result).not.toHaveProperty('crossValidation');
    expect(await registry.getModelVersion('spread', { version: '1.0.0' })).toMatchObject({
      hyperparameters: { algorithm: 'command', act: 'train' },
    });
    const run = await tracker.getRun(result.runId!);
    expect(run.metrics['trainer.mean']!.last).toBeGreaterThan(0);
    expect(await textOf(tracker, result.runId!)).toContain('learning from 320 rows');
  });

  it('fails with the program, and keeps what it printed', async () => {
    const { pipeline, registry, tracker } = setUp(nodeProgram, { act: 'fail' });
    expect(await failure(pipeline.triggerRetraining(cause, rows, byHand))).toMatchObject({
      code: 'COMMAND_FAILED',
      failure: { kind: 'exit', exitCode: 3 },
    });
    const [retraining] = (await pipeline.listRetrainings()).retrainings as [Retraining];
    expect(retraining).toMatchObject({ status: 'failed' });
    expect(retraining.error).toContain('out of luck');
    const [run] = (await tracker.listRuns()).runs;
    expect(run).toMatchObject({ status: 'failed' });
    expect(await textOf(tracker, run!.runId)).toContain('out of luck');
    expect((await registry.listModels()).versions).toEqual([]);
  });

  it('is stopped with the program, and resumed', async () => {
    const marker = join(folder, 'been-here');
    const { pipeline, tracker } = setUp(nodeProgram, { act: 'hang-once', marker });
    const controller = new AbortController();
    const stopped = failure(pipeline.triggerRetraining(cause, rows, { ...byHand, signal: controller.signal }));
    while (!existsSync(marker)) await new Promise((resolve) => setTimeout(resolve, 20));
    controller.abort();
    expect(await stopped).toMatchObject({ code: 'ABORTED' });
    const [{ retrainingId, status }] = (await pipeline.listRetrainings()).retrainings as [Retraining];
    expect(status).toBe('interrupted');
    const result = await pipeline.resume(retrainingId);
    expect(result).toMatchObject({ status: 'registered' });
    const { artifacts } = await tracker.getRun(result.runId!);
    expect(artifacts.map(({ name }) => name)).toEqual(['attempt-2/training.log']);
  });

  it('is refused before anything is begun when the policy names none', async () => {
    const { pipeline } = setUp({});
    const error = await failure(pipeline.triggerRetraining(cause, rows, byHand));
    expect(error.message).toContain('models.spread.command.program names no program');
    expect((await pipeline.listRetrainings()).retrainings).toEqual([]);
  });
});

const hasScikit = spawnSync('python3', ['-c', 'import sklearn, skl2onnx']).status === 0;

describe.skipIf(!hasScikit)('a retraining by scikit-learn (skipped without python3, scikit-learn and skl2onnx)', () => {
  it('beats production as ONNX, and is registered with what it declares', async () => {
    const command = { program: 'python3', arguments: [resolve('tests/models/command/train.py')], dataFormat: 'json' };
    const { pipeline, registry, tracker } = setUp(command, { n_estimators: 20 }, 'regression');
    const register = { modelName: 'spread', modelType: 'spread', featureColumns: ['x', 'kind'], targetColumn: 'y' };
    await registry.register({ ...register, model: new ConstantModel(12), performanceMetrics: { r2_score: 0.1 } });
    for (const targetStage of ['staging', 'production'] as const)
      await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage });
    const result = await pipeline.triggerRetraining(cause, smallRows(600), byHand);
    expect(result).toMatchObject({ status: 'registered', newModelVersion: '1.1.0' });
    expect(result.challenge!.comparison!.upper).toBeLessThan(0);
    const version = await registry.getModelVersion('spread', { version: '1.1.0' });
    expect(version.declared).toMatchObject({ format: 'onnx', producer: 'skl2onnx' });
    expect((await tracker.getRun(result.runId!)).metrics['trainer.training_mae']!.last).toBeLessThan(2);
    // The champion is an ONNX model from now on.
    for (const targetStage of ['staging', 'production'] as const)
      await registry.promoteModel({ modelName: 'spread', version: '1.1.0', targetStage });
    const again = await pipeline.triggerRetraining(cause, smallRows(600), { ...byHand, algorithm: 'cart' });
    expect(again.challenge).toMatchObject({ championVersion: '1.1.0' });
  }, 60_000);
});
