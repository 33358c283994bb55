import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CanaryDeploymentManager,
  DataProtection,
  DriftMonitor,
  ExperimentTracker,
  MLOpsConfig,
  ModelRegistry,
  RetrainPipeline,
  createProfile,
  exportEvidence,
  trainModel,
} from '@bondx/mlops';
import { type SmallRow, failure, smallRows } from '../helpers.js';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'sensitive-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const texts = ['XSPLANTED', 'Planted & Sons', 'DE99PLANTED'] as const;
const amount = 7_118_264.0625;

/** Rows in which one issuer, client, account and amount are planted. */
const planted = (rows: readonly SmallRow[]) =>
  rows.map((row, i) => ({
    ...row,
    isin: `${texts[0]}${i % 4}`,
    client: `${texts[1]} ${i % 7}`,
    account: `${texts[2]}000${i % 9}2580`,
    notional: amount * 10 ** (i % 3),
    rating: ['AAA', 'BBB', 'C'][i % 3]!,
    settled: `2019-0${1 + (i % 9)}-17`,
  }));

const sensitiveColumns = {
  isin: { action: 'pseudonymize' },
  client: { action: 'drop' },
  account: { action: 'mask', keep: 4 },
  notional: { action: 'generalize', to: 'power_of_ten' },
  rating: { action: 'generalize', to: 'band', bands: { investment: ['AAA', 'BBB'] } },
  settled: { action: 'generalize', to: 'quarter' },
} as const;

/** Everything planted that is found in any file below a folder, in whatever form a file may hold it. */
function leaks(path: string): readonly string[] {
  const bytes = everything(path);
  const double = Buffer.alloc(8);
  double.writeDoubleLE(amount);
  const forms: [string, Buffer | string][] = [
    ...texts.flatMap((text): [string, Buffer | string][] => [
      [text, text],
      [`${text} in UTF-16`, Buffer.from(text, 'utf16le')],
      ...[0, 1, 2].map((shift): [string, string] => [`${text} in base64`, base64Of(text, shift)]),
    ]),
    ['the amount', '7118264'],
    ['the amount in binary', double],
    ['the amount in base64', double.toString('base64').slice(0, 9)],
    ['the date', '2019-01-17'],
  ];
  return forms.filter(([, form]) => bytes.includes(form)).map(([name]) => name);
}

/** The characters of base64 that do not depend on what stands beside a text that begins at some offset. */
const base64Of = (text: string, shift: number): string =>
  Buffer.concat([Buffer.alloc(shift), Buffer.from(text)])
    .toString('base64')
    .slice(4, 12);

function everything(path: string): Buffer {
  if (!statSync(path).isDirectory()) return readFileSync(path);
  return Buffer.concat(readdirSync(path).map((name) => everything(join(path, name))));
}

/** A whole life: runs, a registered model, drift, requests, retraining, exports; all with data as it came. */
async function live(name: string, anonymizeSensitiveData: boolean): Promise<string> {
  const path = join(folder, name);
  const config = MLOpsConfig.fromObject(
    {
      logPath: join(path, 'logs'),
      logging: { level: 'debug' },
      storage: { path: join(path, 'records'), artifactsPath: join(path, 'files') },
      security: { anonymizeSensitiveData, encryptModelArtifacts: false }, // so that the test can look
      privacy: { sensitiveColumns },
      canary: { maxCanaryPercentage: 0.5, evaluationMetrics: ['mae'] },
      promotion: {
        ...{ minAccuracy: 0, maxDrift: 1, requireBiasTesting: false, requireExplainability: false },
        ...{ requireFeatureImportance: false, requireComplianceCheck: false },
      },
      models: {
        spread: {
          featureColumns: ['x', 'kind', 'isin', 'notional', 'rating'],
          targetColumn: 'y',
          timeColumn: 'date',
          algorithm: 'cart',
          canary: { segmentColumn: 'isin' },
        },
      },
      tracking: { logEnvironment: false, logGitSha: false },
    } as never,
    { environment: {} },
  );
  await using tracker = new ExperimentTracker(config);
  await using registry = new ModelRegistry(config);
  await using monitor = new DriftMonitor(config);
  await using protection = new DataProtection(config);
  const rows = planted(smallRows(900));

  const runId = await tracker.startRun({ experimentName: 'e' });
  const profile = await createProfile(rows);
  await tracker.logDataset(runId, { name: 'panel', data: rows, profile: profile as never });
  await tracker.logArtifact(runId, { name: 'panel.csv', table: rows });
  const trained = await trainModel(config, { modelType: 'spread', data: await protection.protect(rows) });
  await tracker.logMetrics(runId, trained.metrics);
  await tracker.endRun(runId);

  const register = () =>
    registry.registerModel({
      modelName: 'spread',
      modelType: 'spread',
      featureColumns: trained.featureColumns,
      targetColumn: 'y',
      runId,
      model: trained.model,
      performanceMetrics: { r2_score: 0.5, mae: 1 },
      baselineProfile: profile,
      trainingData: {
        digest: `sha256:${'0'.repeat(64)}`,
        rowCount: rows.length,
        profile: {
          rowCount: rows.length,
          columns: [
            { column: 'isin', kind: 'categorical', missingRate: 0, categories: [{ name: `${texts[0]}1`, share: 1 }] },
            {
              column: 'notional',
              kind: 'numeric',
              missingRate: 0,
              quantiles: { min: amount, q01: amount, q05: amount, q50: amount, q95: amount, q99: amount, max: amount },
            },
          ],
        },
      },
    });
  await register();
  await register();
  for (const targetStage of ['Staging', 'Production'] as const) {
    expect((await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage })).status).toBe(
      'promoted',
    );
  }

  const current = planted(smallRows(900, { seed: 2, shift: 4 }));
  const about = { modelName: 'spread', currentData: current } as const;
  const drift = await monitor.detectDrift({ ...about, baselineData: rows });
  await monitor.detectDrift({ ...about, baselineData: rows, streaming: true });
  await monitor.detectDrift({ ...about, modelVersion: '1.0.0' });
  await monitor.detectDrift({ ...about, baselineProfile: profile });
  await failure(
    monitor.detectDrift({ ...about, baselineData: rows, featureColumns: ['nowhere'], targetColumn: 'none' }),
  );

  const pipeline = new RetrainPipeline(config, tracker, registry);
  const result = await pipeline.triggerRetraining(drift, current, { trigger: 'manual' });
  expect(result.status).not.toBe('failed');
  await pipeline.triggerRetraining({ modelName: 'spread' }, () => Promise.resolve(current), { trigger: 'manual' });
  await failure(pipeline.triggerRetraining({ modelName: 'spread' }, current.slice(0, 3), { trigger: 'manual' }));
  await pipeline.checkPerformance({ modelName: 'spread', data: current });
  const stop = new AbortController(); // its rows stay in the store
  const stopped = pipeline.triggerRetraining({ modelName: 'spread' }, planted(smallRows(900, { seed: 3 })), {
    trigger: 'manual',
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });
  expect(await failure(stopped)).toMatchObject({ code: 'ABORTED' });

  const manager = new CanaryDeploymentManager(config, registry);
  const canary = { modelName: 'spread', candidateVersion: '1.0.1', labelWindowHours: 48 } as const;
  await manager.createCanaryDeployment({ ...canary, initialTrafficPercentage: 0.5 });
  await manager.serve('spread');
  const model = await registry.loadModel('spread', { version: '1.0.0' });
  const protectedRows = await protection.protect(rows.slice(0, 50));
  for (const [i, features] of rows.slice(0, 50).entries()) {
    // A request is asked with values as they come, and answered as a row of the training data would be.
    const { prediction } = manager.predict({ modelName: 'spread', features, routingKey: i });
    expect(prediction).toBe(model.predict(protectedRows.row(i)));
  }
  await manager.flush();
  await manager.close();

  await tracker.exportRuns({ path: join(path, 'archive') });
  const pack = await exportEvidence(registry, { modelName: 'spread', version: '1.0.0' });
  writeFileSync(join(path, 'pack.tar'), pack.bytes);
  return path;
}

describe('columns that are declared sensitive', () => {
  it('are in no byte of the store, the logs or an export after a whole life of a model', async () => {
    expect(leaks(await live('on', true))).toEqual([]);
  });

  it('are there, for whoever looks the same way, when anonymize_sensitive_data is off', async () => {
    const found = leaks(await live('off', false));
    for (const text of [...texts, 'the amount', 'the amount in binary']) expect(found).toContain(text);
  });
});
