import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { AuditLog, ExperimentTracker, ModelRegistry, collectGarbage } from '@bondx/mlops';
import { systemClock } from '../../src/util/clock.js';
import { createWorld, failure } from '../helpers.js';

function createStore(unreferencedArtifactsHours: number) {
  const { config, options } = createWorld({ retention: { unreferencedArtifactsHours } });
  const all = { ...options, clock: systemClock }; // stores go by the system's clock
  return { config, all, artifacts: options.artifacts!, registry: new ModelRegistry(config, all) };
}

const register = (registry: ModelRegistry, modelName: string, value: number) =>
  registry.register({
    modelName,
    modelType: 'spread',
    featureColumns: ['x'],
    modelFiles: [{ path: 'model.json', bytes: Buffer.from(`{"kind":"constant","value":${value}}\n`) }],
  });

const aMillisecond = 1 / 3_600_000;

it('what nothing refers to goes once it is old enough, what a version or a run refers to stays', async () => {
  const { config, all, artifacts, registry } = createStore(aMillisecond);
  const { files } = await register(registry, 'spread', 1);
  const tracker = new ExperimentTracker(config, all);
  const runId = await tracker.startRun({ experimentName: 'e', heartbeat: false });
  const [note] = await tracker.logArtifact(runId, { name: 'note.txt', content: 'kept' });
  const orphan = await artifacts.put(Buffer.from('nobody refers to this'));
  await delay(10);

  const planned = await collectGarbage(config, { ...all, dryRun: true });
  expect(planned).toMatchObject({ removed: [orphan], bytes: orphan.size });
  expect(await artifacts.stat(orphan.digest)).toEqual(orphan);

  expect(await collectGarbage(config, all)).toMatchObject({ removed: [orphan], kept: 2 });
  expect(await artifacts.stat(orphan.digest)).toBeUndefined();
  for (const { digest } of [files[0]!, note!]) expect(await artifacts.stat(digest)).toBeDefined();

  const [record, ...more] = await new AuditLog(config, all).list({ action: 'storage.collect_garbage' });
  expect(record).toMatchObject({ decision: 'allow', detail: { artifacts: 1, bytes: orphan.size } });
  expect(more).toEqual([]); // a dry run changes nothing
});

it('files of a deleted version go, unless another version has the same', async () => {
  const { config, all, artifacts, registry } = createStore(aMillisecond);
  const [first, second] = [await register(registry, 'spread', 1), await register(registry, 'spread', 2)];
  await register(registry, 'other', 1);
  for (const { version } of [first, second]) await registry.deleteModelVersion({ modelName: 'spread', version });
  await delay(10);
  const { removed } = await collectGarbage(config, all);
  expect(await artifacts.stat(first.files[0]!.digest)).toBeDefined();
  expect(removed.map(({ digest }) => digest)).toEqual([second.files[0]!.digest]);
});

it('content put within the time of the policy stays, also when it had been there for long', async () => {
  const { config, all, artifacts } = createStore(1);
  const fresh = await artifacts.put(Buffer.from('about to be registered'));
  expect(await collectGarbage(config, all)).toMatchObject({ removed: [], kept: 1 });
  expect(await artifacts.stat(fresh.digest)).toEqual(fresh);
});

it('adapters that cannot tell what is garbage are named', async () => {
  const { config, all, artifacts } = createStore(1);
  const { deleteUnlessPutSince: _absent, ...methods } = { ...artifacts, deleteUnlessPutSince: undefined };
  const without = Object.assign(Object.create(artifacts) as typeof artifacts, methods, {
    deleteUnlessPutSince: undefined,
  });
  const error = await failure(collectGarbage(config, { ...all, artifacts: without }));
  expect(error).toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringContaining('deleteUnlessPutSince') as string,
  });
});

it('takes what every class takes, such as a logger, and refuses what nothing takes', async () => {
  const { config, all } = createStore(1);
  const lines: string[] = [];
  const note = (_said: object, text?: string): void => void lines.push(text ?? '');
  const logger = { debug: note, info: note, warn: note, error: note };
  await collectGarbage(config, { ...all, logger });
  expect(lines.length).toBeGreaterThan(0);
  const error = await failure(collectGarbage(config, { ...all, dryrun: true } as never));
  expect(error).toMatchObject({ code: 'INVALID_INPUT', message: expect.stringContaining('dryRun') as string });
});
