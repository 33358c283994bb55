import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CanaryDeploymentManager, MLOpsConfig, ModelRegistry } from '@bondx/mlops';
import { type Service, startService } from '../../examples/http-service/service.js';
import { ConstantModel } from '../../src/models/constant-model.js';

let config: MLOpsConfig;
let service: Service;
let registry: ModelRegistry;
let operator: CanaryDeploymentManager;

beforeAll(async () => {
  config = MLOpsConfig.fromObject(
    {
      storage: { kind: 'memory' },
      promotion: {
        minAccuracy: 0,
        maxDrift: 1,
        requireExplainability: false,
        requireFeatureImportance: false,
        requireBiasTesting: false,
        requireComplianceCheck: false,
      },
      canary: { maxCanaryPercentage: 0.5, evaluationMetrics: ['mae'] },
      tracking: { logEnvironment: false, logGitSha: false },
    },
    { environment: {} },
  );
  registry = new ModelRegistry(config);
  for (const [i, version] of ['1.0.0', '1.1.0'].entries()) {
    const what = { modelName: 'spread', modelType: 'spread', version, featureColumns: ['x'], targetColumn: 'y' };
    await registry.register({ ...what, model: new ConstantModel(10 * (i + 1)), performanceMetrics: { r2_score: 0.5 } });
  }
  for (const targetStage of ['staging', 'production'] as const)
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage });
  operator = new CanaryDeploymentManager(config, registry); // another process, as far as the service knows
  service = await startService(config, 'spread');
});

afterAll(async () => {
  await service.close();
  await operator.close();
  await registry.close();
});

const post = (path: string, body: unknown): Promise<Response> =>
  fetch(`${service.url}${path}`, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) });

interface Predicted {
  readonly prediction: number;
  readonly version: string;
  readonly requestId: string;
}
const predict = async (key: number): Promise<Predicted> =>
  (await (await post('/predict', { key: `UST-${key}`, features: { x: 1 } })).json()) as Predicted;

describe('the HTTP service', () => {
  it('answers with the version in production', async () => {
    expect(await predict(1)).toMatchObject({ prediction: 10, version: '1.0.0' });
  });

  it('follows a canary that begins elsewhere, and one that is halted', async () => {
    await operator.createCanaryDeployment({
      modelName: 'spread',
      candidateVersion: '1.1.0',
      initialTrafficPercentage: 0.5,
      labelWindowHours: 1,
    });
    const seen = new Map<string, Predicted>();
    await expect
      .poll(
        async () => {
          for (let key = 0; key < 40; key++) {
            const answer = await predict(key);
            seen.set(answer.version, answer);
          }
          return [...seen.keys()].sort();
        },
        { timeout: 20_000 },
      )
      .toEqual(['1.0.0', '1.1.0']);
    const { prediction, requestId } = seen.get('1.1.0')!;
    expect(prediction).toBe(20);
    expect((await post('/actual', { requestId, actual: 19 })).status).toBe(204);
    await operator.halt('spread', { reason: 'prices look wrong' });
    await expect
      .poll(
        async () =>
          new Set(await Promise.all(Array.from({ length: 40 }, async (_, key) => (await predict(key)).version))),
        { timeout: 20_000 },
      )
      .toEqual(new Set(['1.0.0']));
  });

  it('counts what it answered, and refuses what it cannot read', async () => {
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).toMatch(/bondx_mlops_requests_total\{model="spread",version="1\.1\.0"\} [1-9]/);
    expect((await post('/predict', '{')).status).toBe(400);
    expect((await post('/predict', 'null')).status).toBe(400);
    expect((await post('/predict', `{"key":"${'x'.repeat(1_000_000)}"}`)).status).toBe(400);
    expect((await post('/actual', { requestId: 'x', actual: 'much' })).status).toBe(400);
    expect((await fetch(`${service.url}/nowhere`)).status).toBe(404);
  });

  it('is closed though a client stalls in the middle of a request', async () => {
    const another = await startService(config, 'spread');
    const client = connect(Number(new URL(another.url).port), '127.0.0.1').on('error', () => undefined);
    client.write('POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n');
    await once(client, 'data'); // it was asked to go on, and does not
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const closed = another.close();
    vi.advanceTimersByTime(5_000);
    vi.useRealTimers();
    await closed;
  });
});
