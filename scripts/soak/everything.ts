import { join } from 'node:path';
import {
  AuditLog,
  CanaryDeploymentManager,
  DriftMonitor,
  ExperimentTracker,
  MLOpsConfig,
  ModelRegistry,
  createRandom,
  openFilesystemStorage,
  watchCollections,
} from '@bondx/mlops';

const configFor = (directory: string): MLOpsConfig =>
  MLOpsConfig.fromObject({
    storage: { path: directory, artifactsPath: join(directory, 'artifacts') },
    promotion: {
      minAccuracy: 0,
      maxDrift: 1,
      requireExplainability: false,
      requireFeatureImportance: false,
      requireBiasTesting: false,
      requireSecurityScan: false,
      requireComplianceCheck: false,
    },
    models: { spread: { featureColumns: ['x'], targetColumn: 'y' } },
  });

/** A service that does all that this library is for, over and over. */
export interface Everything {
  /** One round of everything; every round does the same amount of work. */
  round(): Promise<void>;
  close(): Promise<void>;
}

const cyclesPerCanary = 25;

export async function startEverything(directory: string): Promise<Everything> {
  const config = configFor(directory);
  const tracker = new ExperimentTracker(config);
  const registry = new ModelRegistry(config);
  const canaries = new CanaryDeploymentManager(config, registry);
  const monitor = new DriftMonitor(config);
  const audit = new AuditLog(config);
  const random = createRandom('everything');
  const column = (): Float64Array => Float64Array.from({ length: 1_000 }, () => random.next());

  const register = (): Promise<{ readonly version: string }> =>
    registry.register({
      modelName: 'spread',
      modelType: 'spread',
      featureColumns: ['x'],
      targetColumn: 'y',
      performanceMetrics: { r2_score: 0.9 },
      modelFiles: [{ path: 'model.json', bytes: Buffer.from(`{"kind":"constant","value":${random.next()}}\n`) }],
    });
  const { version: production } = await register();
  for (const targetStage of ['staging', 'production'] as const) {
    const promoted = await registry.promoteModel({ modelName: 'spread', version: production, targetStage });
    if (promoted.status !== 'promoted') throw new Error(`${targetStage}: ${JSON.stringify(promoted)}`);
  }
  let canary = await startCanary();
  let round = 0;

  async function startCanary(): Promise<{ readonly id: string; readonly version: string }> {
    const { version: candidateVersion } = await register();
    const id = await canaries.createCanaryDeployment({ modelName: 'spread', candidateVersion });
    return { id, version: candidateVersion };
  }

  async function track(): Promise<void> {
    await tracker.withRun({ experimentName: 'soak', tags: { part: 'everything' } }, async (run) => {
      await run.logParameters({ depth: 6 });
      for (let step = 0; step < 20; step++) await run.logMetrics({ loss: random.next() }, { step });
      await run.logArtifact({ name: 'notes.txt', content: `round ${round % 10}` });
    });
    const { runs } = await tracker.searchRuns({ filter: 'metrics.loss < 0.5', limit: 5 });
    for (const { runId } of runs) await tracker.getMetricHistory(runId, 'loss');
  }

  async function serve(): Promise<void> {
    for (let i = 0; i < 500; i++) {
      const { version } = canaries.routePrediction({ modelName: 'spread', routingKey: `bond-${i}` });
      canaries.recordOutcome({
        modelName: 'spread',
        version: version ?? production,
        prediction: random.next(),
        actual: random.next(),
      });
    }
    await canaries.flush();
    await canaries.evaluate(canary.id);
    if (round % cyclesPerCanary !== 0) return;
    await canaries.rollbackCanary(canary.id);
    canary = await startCanary();
  }

  async function watch(): Promise<void> {
    const storage = await openFilesystemStorage(join(directory, 'watched'));
    const stop = new AbortController();
    const heard = new Promise<void>((resolve) => {
      void watchCollections(storage, ['switches'], () => resolve(), { signal: stop.signal }).then(() =>
        storage.commit([{ kind: 'put', collection: 'switches', id: 'halt', value: round, expect: 'any' }]),
      );
    });
    await heard;
    stop.abort();
    await storage.close();
  }

  /** What a process that was started again would do. */
  async function openAgain(): Promise<void> {
    const again = configFor(directory);
    await using other = new ExperimentTracker(again);
    await using trail = new AuditLog(again);
    await other.listRuns({ limit: 5 });
    await trail.list({ limit: 5 });
  }

  return {
    async round() {
      round++;
      await track();
      await serve();
      await monitor.detectDrift({
        modelName: 'spread',
        featureColumns: ['x'],
        baselineData: { x: column() },
        currentData: { x: column() },
      });
      await registry.listModels({ modelName: 'spread', limit: 5 });
      await audit.list({ limit: 5 });
      await watch();
      await openAgain();
    },
    async close() {
      await canaries.close();
      for (const instance of [monitor, audit, registry, tracker]) await instance.close();
    },
  };
}
