import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CanaryDeploymentManager, ModelRegistry, type Row, readCsv } from '@bondx/mlops';
import { onnxLoader } from '@bondx/mlops/onnx';
import { run } from '../../src/cli/run.js';
import { ConstantModel } from '../../src/models/constant-model.js';
import { type World, createWorld, failure } from '../helpers.js';

const models = 'tests/reference-models/onnx';
const featureColumns = ['coupon_rate', 'maturity_years', 'age_years', 'issue_size_bn', 'benchmark_yield', 'term'];
const folder = mkdtempSync(join(tmpdir(), 'onnx-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let world: World;
let registry: ModelRegistry;
beforeEach(() => {
  world = createWorld({
    models: { spread: { featureColumns, targetColumn: 'spread_bps' } },
    canary: { maxCanaryPercentage: 0.5, evaluationMetrics: ['mae'], evaluationWindowHours: 0.01 },
  });
  registry = new ModelRegistry(world.config, world.options);
});

const register = (source: object, columns: readonly string[] = featureColumns) =>
  registry.register({
    modelName: 'spread',
    modelType: 'spread',
    featureColumns: columns,
    targetColumn: 'spread_bps',
    performanceMetrics: { r2_score: 0.1 },
    ...source,
  });

async function inProduction(source: object): Promise<void> {
  const { version } = await register(source);
  for (const targetStage of ['staging', 'production'] as const) {
    const result = await registry.promoteModel({ modelName: 'spread', version, targetStage });
    expect(result.status).toBe('promoted');
  }
}

describe('a model trained in Python', () => {
  it('is registered, proves itself in a canary and goes to production', async () => {
    await inProduction({ model: new ConstantModel(60) });
    const candidate = await register({ modelPath: join(models, 'spread-pipeline.onnx') });
    expect(candidate.declared).toMatchObject({ format: 'onnx', producer: 'skl2onnx', opsets: { 'ai.onnx.ml': 1 } });
    expect(candidate.declared!.inputs.map(({ name }) => name)).toEqual(featureColumns);

    const canaries = new CanaryDeploymentManager(world.config, registry);
    const deploymentId = await canaries.createCanaryDeployment({
      modelName: 'spread',
      candidateVersion: candidate.version,
      initialTrafficPercentage: 0.5,
    });
    const open = (version: string) => registry.openModel('spread', { version }, [onnxLoader()]);
    const opened = new Map([
      ['1.0.0', await open('1.0.0')],
      [candidate.version, await open(candidate.version)],
    ]);
    const bonds = await readCsv('examples/data/bonds-monthly-2010-2012.csv');
    for (let row = 0; row < 4000; row++) {
      const features: Row = bonds.row(row);
      const { version, ...route } = canaries.routePrediction({ modelName: 'spread', routingKey: row });
      const prediction = await opened.get(version!)!.predict(features);
      const actual = features['spread_bps'] as number;
      canaries.recordOutcome({ modelName: 'spread', ...route, version: version!, prediction, actual });
    }
    world.clock.advance(3_600_000);
    const decision = await canaries.evaluate(deploymentId, { apply: true });
    expect(decision.verdict, decision.reason).toBe('promote');
    expect(await registry.getModelVersion('spread', { stage: 'production' })).toMatchObject({
      version: candidate.version,
      digest: candidate.digest,
    });
    for (const model of opened.values()) if ('close' in model) await model.close();
    await canaries.close();
  });

  it('is evaluated on the command line', async () => {
    const policy = join(folder, 'policy.yaml');
    const columns = featureColumns.join(', ');
    writeFileSync(policy, `models: { spread: { feature_columns: [${columns}], target_column: spread_bps } }\n`);
    const printed: string[] = [];
    const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => (printed.push(String(text)), true));
    const cli = (...args: string[]) => run(['--config', policy, '--json', ...args]);
    try {
      expect(await cli('register', '--model', 'spread', '--path', join(models, 'spread-pipeline.onnx'))).toBe(0);
      printed.length = 0;
      const data = 'examples/data/bonds-monthly-2010-2012.csv';
      expect(await cli('evaluate', '--model', 'spread', '--version', '1.0.0', '--test-data', data)).toBe(0);
    } finally {
      spy.mockRestore();
    }
    const { rows, metrics } = JSON.parse(printed.join('')) as { rows: number; metrics: Record<string, number> };
    expect(rows).toBe(8322);
    expect(metrics['r2_score']).toBeGreaterThan(0.3);
  });

  it('comes with its weights beside it, and passes the scan with them', async () => {
    const { version, files, declared } = await register({ modelPath: join(models, 'external') }, ['a', 'b']);
    expect(files.map(({ path }) => path)).toEqual(['model.onnx', 'weights.bin']);
    expect(declared!.externalData[0]).toMatchObject({ location: 'weights.bin' });
    const scan = (await registry.checkGates('spread', version)).find(({ gate }) => gate === 'security_scan');
    expect(scan).toMatchObject({ status: 'passed' });
    const model = await registry.openModel('spread', { version }, [onnxLoader()]);
    expect(await model.predict({ a: 1, b: 2 })).toBe(1);
    if ('close' in model) await model.close();
  });
});

describe('files that are not registered', () => {
  const cutOff = join(folder, 'cut-off.onnx');
  const escaping = join(folder, 'escaping');
  it.each([
    [join(models, 'pickle.onnx'), 'INVALID_INPUT', 'a Python pickle'],
    [cutOff, 'CORRUPT', 'cut off at byte'],
    [join(models, 'external-outside.onnx'), 'INVALID_INPUT', "no file inside of the model's folder"],
    [join(models, 'external-absolute.onnx'), 'INVALID_INPUT', "no file inside of the model's folder"],
    [join(models, 'external', 'model.onnx'), 'INVALID_INPUT', 'register the folder that holds both'],
    [escaping, 'INVALID_INPUT', "no file inside of the model's folder"],
  ])('%s', async (modelPath, code, message) => {
    writeFileSync(cutOff, readFileSync(join(models, 'spread-pipeline.onnx')).subarray(0, 6000));
    cpSync(join(models, 'external-outside.onnx'), join(escaping, 'model.onnx'));
    cpSync(join(models, 'external', 'weights.bin'), join(folder, 'weights.bin'));
    const error = await failure(register({ modelPath }, ['a', 'b']));
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(message);
    expect((await registry.listModels()).versions).toEqual([]);
    for await (const { digest } of world.artifacts.list()) throw new Error(`${digest} was stored`);
  });
});
