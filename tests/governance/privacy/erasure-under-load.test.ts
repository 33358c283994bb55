import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  AuditLog,
  CanaryDeploymentManager,
  DataProtection,
  KeyAdministration,
  MLOpsConfig,
  ModelRegistry,
  openFilesystemStorage,
} from '@bondx/mlops';
import { ConstantModel } from '../../../src/models/constant-model.js';
import { temporaryDirectory } from '../../adapters/filesystem/temporary-directory.js';

const reason = 'request 17';

it('keys rotate and subjects are erased while others write: models load, the erased cannot be read, the chain verifies', async () => {
  const folder = await temporaryDirectory();
  const policy = {
    storage: { path: join(folder, 'records'), artifactsPath: join(folder, 'files') },
    canary: { maxCanaryPercentage: 0.5 },
    promotion: {
      ...{ minAccuracy: 0, maxDrift: 1, requireExplainability: false, requireFeatureImportance: false },
      ...{ requireBiasTesting: false, requireComplianceCheck: false },
    },
  };
  const newConfig = (): MLOpsConfig => MLOpsConfig.fromObject(policy, { environment: {} });
  await using registry = new ModelRegistry(newConfig());
  for (let i = 0; i < 2; i++) {
    await registry.register({
      ...{ modelName: 'spread', modelType: 'spread', featureColumns: ['x'], model: new ConstantModel(i) },
      performanceMetrics: { r2_score: 0.5 },
    });
  }
  for (const targetStage of ['staging', 'production'] as const) {
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage });
  }
  await using starter = new CanaryDeploymentManager(newConfig(), registry);
  await starter.createCanaryDeployment({
    ...{ modelName: 'spread', candidateVersion: '1.0.1', labelWindowHours: 48, initialTrafficPercentage: 0.5 },
  });

  const subjects = Array.from({ length: 12 }, (_, i) => `client-${i}`);
  const written: { readonly requestId: string; readonly subject: string }[] = [];
  const state = { isDone: false };
  const writer = async (): Promise<void> => {
    await using own = new ModelRegistry(newConfig()); // a connection and keys of its own, as another process has
    await using manager = new CanaryDeploymentManager(newConfig(), own);
    await manager.serve('spread');
    while (!state.isDone) {
      const batch = subjects.map((subject) => {
        const { requestId } = manager.predict({ modelName: 'spread', features: { x: 1 }, subject });
        return { requestId, subject };
      });
      await manager.flush();
      written.push(...batch);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const writers = [writer(), writer(), writer()];
  const wait = async (): Promise<void> => {
    const before = written.length;
    while (written.length < before + 3 * subjects.length) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  await wait();
  await using keys = new KeyAdministration(newConfig());
  await using protection = new DataProtection(newConfig());
  const old: string[] = [];
  for (const subject of subjects.slice(0, 4)) {
    const active = (await keys.list()).find((key) => key.purpose === 'artifact_encryption' && key.status === 'active');
    old.push(active!.id);
    const { 0: rotated, 1: erased } = await Promise.all([
      keys.rotate('artifact_encryption').then(() => keys.rewrap()),
      protection.eraseSubject(subject, { reason }),
    ]);
    expect(rotated).toMatchObject({ unreadable: 0 });
    expect(erased).toHaveProperty('erasedAt');
    await wait();
  }
  state.isDone = true;
  await Promise.all(writers);
  await keys.rewrap();
  for (const id of old) await keys.revoke(id, 'rotated');

  const erased = new Set(subjects.slice(0, 4));
  await using reader = new ModelRegistry(newConfig());
  await using labels = new CanaryDeploymentManager(newConfig(), reader);
  await labels.refresh('spread');
  expect(await reader.loadModel('spread', { version: '1.0.0' })).toBeDefined();
  expect(await reader.loadModel('spread', { version: '1.0.1' })).toBeDefined();
  const results = new Map<string, Set<string>>();
  const sample = written.filter((_, i) => i < 60 || i >= written.length - 60);
  for (const { requestId, subject } of sample) {
    const result = await labels.recordActual(requestId, 0.5);
    results.set(subject, (results.get(subject) ?? new Set()).add(result));
  }
  for (const subject of subjects) {
    // Requests of before their erasure cannot be read, and those of after it were not stored.
    const expected = erased.has(subject) ? ['erased', 'unknown'] : ['joined'];
    expect([...results.get(subject)!].sort(), subject).toEqual(expected);
  }
  await using audit = new AuditLog(newConfig());
  expect(await audit.verify()).toMatchObject({ status: 'ok' });
});

it('nothing of a destroyed key is left in the files of the store', async () => {
  const folder = await temporaryDirectory();
  const storage = await openFilesystemStorage(folder);
  const wrapped = 'c2VjcmV0LW9mLWEtc3ViamVjdC10aGF0LXdhcy13cmFwcGVk';
  for (let i = 0; i < 300; i++) {
    await storage.commit([
      { kind: 'put', collection: 'subject_keys', id: `s${i}`, value: { wrapped: `${wrapped}${i}` }, expect: 'absent' },
    ]);
  }
  for (let i = 0; i < 300; i++) {
    await storage.commit([
      { kind: 'put', collection: 'subject_keys', id: `s${i}`, value: { wrapped: null }, expect: 'any' },
    ]);
  }
  await storage.close();
  for (const name of await readdir(folder)) {
    expect((await readFile(join(folder, name))).includes(wrapped), name).toBe(false);
  }
});
