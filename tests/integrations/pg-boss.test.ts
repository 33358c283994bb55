import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import PgBoss from 'pg-boss';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  type DueOutcome,
  ExperimentTracker,
  MLOpsConfig,
  MemoryArtifactStore,
  ModelRegistry,
  RetrainPipeline,
} from '@bondx/mlops';
import { openPostgresStorage } from '@bondx/mlops/postgres';
import { askNow, workOnRetrainings } from '../../examples/pg-boss/retraining-jobs.js';
import { PostgresServer, whyNoPostgres } from '../adapters/postgres/postgres-server.js';
import { smallRows } from '../helpers.js';

const why = whyNoPostgres();

describe.skipIf(why !== undefined)(`the pg-boss example${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start();
  }, 60_000);
  afterAll(() => server.stop());

  it('lets two hosts work on one queue, and trains once', async () => {
    const config = MLOpsConfig.fromObject(
      {
        keys: { path: join(mkdtempSync(join(tmpdir(), 'bondx-pg-boss-')), 'keys.json') },
        models: { spread: { featureColumns: ['x', 'kind'], targetColumn: 'y', algorithm: 'cart' } },
        promotion: { minAccuracy: 0 },
        retraining: { hyperparameterTuning: false, scheduledRetraining: { enabled: true, frequency: 'weekly' } },
        tracking: { logEnvironment: false, logGitSha: false },
      },
      { environment: {} },
    );
    const artifacts = new MemoryArtifactStore(); // stands for a store that both hosts reach
    const outcomes: DueOutcome[] = [];
    let loads = 0;
    const hosts = await Promise.all(
      ['first', 'second'].map(async () => {
        const storage = await openPostgresStorage(server.url);
        const boss = new PgBoss(server.url);
        boss.on('error', (error) => {
          throw error;
        });
        onTestFinished(async () => {
          await boss.stop({ graceful: false });
          await storage.close();
        });
        const options = { storage, artifacts };
        const tracker = new ExperimentTracker(config, options);
        const registry = new ModelRegistry(config, options);
        return { storage, boss, registry, pipeline: new RetrainPipeline(config, tracker, registry) };
      }),
    );
    const models = [{ modelName: 'spread', trainingData: async () => (loads++, smallRows(300)) }];
    for (const { boss, pipeline } of hosts) {
      await boss.start();
      await workOnRetrainings({ boss, pipeline, models, onOutcome: (outcome) => outcomes.push(outcome) });
    }
    await Promise.all(hosts.map(({ boss }) => askNow(boss)));
    // Both also look at the very same moment, past the queue.
    const direct = (await Promise.all(hosts.map(({ pipeline }) => pipeline.runDue({ models })))).flat();
    // Whoever came second has an outcome at once: that the other one is at it.
    const registered = (): DueOutcome[] =>
      [...outcomes, ...direct].filter(({ result }) => result?.status === 'registered');
    await vi.waitFor(() => expect(registered()).not.toEqual([]), { timeout: 50_000, interval: 50 });

    const { versions } = await hosts[0]!.registry.listModels({ modelName: 'spread' });
    expect(versions.map(({ version }) => version)).toEqual(['1.0.0']);
    expect(versions[0]!.origin).toMatchObject({ trigger: 'schedule' });
    expect(versions[0]!.origin!.reason).toMatch(/^weekly, for \d{4}-W\d\d$/);
    // One through the queue and two past it: each may load before it loses the race to begin.
    expect(loads).toBeLessThanOrEqual(3);
    expect(new Set(registered().map(({ result }) => result!.retrainingId)).size).toBe(1);
  }, 60_000);
});
