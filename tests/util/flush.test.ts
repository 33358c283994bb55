import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { ExperimentTracker, MLOpsConfig, backupStore } from '@bondx/mlops';
import { flush } from '../../src/util/flush.js';
import { temporaryDirectory } from '../adapters/filesystem/temporary-directory.js';

afterEach(() => void vi.restoreAllMocks());

it("flushes by the handle, which Node's permission model asks for, and tells what fails", async () => {
  const handle = await open(await temporaryDirectory());
  const sync = vi.spyOn(Object.getPrototypeOf(handle) as typeof handle, 'sync');
  await flush(handle);
  expect(sync).toHaveBeenCalledOnce();
  const failed = Object.assign(new Error('i/o error'), { code: 'EIO' });
  sync.mockRejectedValueOnce(failed);
  await expect(flush(handle)).rejects.toBe(failed);
  await handle.close();
});

it("stores, keys and backups do without FileHandle.sync, which Yarn's Plug'n'Play has not", async () => {
  const folder = await temporaryDirectory();
  const handle = await open(folder);
  vi.spyOn(Object.getPrototypeOf(handle) as typeof handle, 'sync').mockImplementation(() => {
    throw new Error('Method not implemented.');
  });
  await handle.close();
  const config = MLOpsConfig.fromObject({
    storage: { kind: 'filesystem', path: join(folder, 'data'), artifacts_path: join(folder, 'artifacts') },
    keys: { path: join(folder, 'keys.json') },
    backup: { backup_path: join(folder, 'backups') },
  });
  await using tracker = new ExperimentTracker(config);
  const runId = await tracker.startRun({ experimentName: 'e', modelType: 'spread' });
  await tracker.logArtifact(runId, { name: 'notes.txt', content: 'kept' });
  const { artifacts } = await backupStore(config);
  expect(artifacts.length).toBeGreaterThan(0);
  expect(JSON.parse(readFileSync(join(folder, 'keys.json'), 'utf8'))).toBeTypeOf('object');
});
