import { describe, expect, it } from 'vitest';
import { ExperimentTracker, type JsonObject, type JsonValue, MemoryArtifactStore, MemoryStorage } from '@bondx/mlops';
import { createWorld } from '../../helpers.js';

/** Imports a run whose record says something else in one field; why it was refused. */
async function importAltered(change: JsonObject, experiment?: JsonValue): Promise<string | undefined> {
  const world = createWorld();
  const origin = new ExperimentTracker(world.config, world.options);
  const runId = await origin.startRun({ experimentName: 'e' });
  await origin.endRun(runId);
  const { value } = (await world.storage.get('runs', runId))!;
  const archive = new MemoryStorage();
  const altered: JsonValue = { ...(value as JsonObject), ...change };
  await archive.commit([{ kind: 'put', collection: 'runs', id: runId, value: altered, expect: 'absent' }]);
  if (experiment !== undefined) {
    await archive.commit([{ kind: 'put', collection: 'experiments', id: 'e', value: experiment, expect: 'absent' }]);
  }
  const tracker = new ExperimentTracker(world.config, {
    ...world.options,
    storage: new MemoryStorage(),
    artifacts: new MemoryArtifactStore(),
  });
  const store = { storage: archive, artifacts: new MemoryArtifactStore() };
  await store.artifacts.put(Buffer.from('four'));
  const { refused } = await tracker.importRuns({ store });
  await tracker.listExperiments();
  if (refused[0] === undefined) await tracker.getRun(runId); // what is imported can be read
  return refused[0]?.reason;
}

describe('the record of a run that somebody else wrote', () => {
  it('is imported when each field is of its kind', async () => {
    expect(await importAltered({})).toBeUndefined();
    expect(await importAltered({ endedAt: null, runName: 'named', note: 'seen' })).toBeUndefined();
  });

  it.each<[string, JsonValue]>([
    ['startedAt', 1e17], // no Date holds it
    ['startedAt', 'yesterday'],
    ['endedAt', 8.64e15 + 1e9],
    ['deletedAt', '2026-01-01'],
    ['status', 'done'],
    ['runName', 7],
    ['tags', { team: 7 }],
    ['tags', ['rates']],
    ['metrics', { mae: null }],
    ['metrics', { mae: { count: -1, digest: '' } }],
    ['artifacts', [null]],
    ['artifacts', [{ name: 'a', digest: 'b', size: 'c' }]],
    ['datasets', [{ name: 'd' }]],
    ['environment', []],
    ['revision', 1.5],
    ['runId', 'another'],
    ['parentRunId', 7],
  ])('is refused when its %s is %j', async (field, value) => {
    expect(await importAltered({ [field]: value })).toContain(`is not that of a run: see its ${field}`);
  });

  it('is refused when its files are not as it says', async () => {
    const digest = 'sha256:04efaf080f5a3e74e1c29d1ca6a48569382cbbcd324e8d59d2b83ef21c039f00'; // of "four"
    const of = (...names: string[]) => names.map((name) => ({ name, digest, size: 4 }));
    expect(await importAltered({ artifacts: of('a', 'b/c') })).toBeUndefined();
    expect(await importAltered({ artifacts: [{ name: 'a', digest, size: 5 }] })).toContain('a has 5 bytes; it has 4');
    expect(await importAltered({ artifacts: of('a', 'a') })).toContain('several artifacts of one name');
  });

  it.each<JsonValue>([
    null,
    { experimentName: 'e', description: null, tags: {}, createdAt: 'x', createdBy: 'ada', deletedAt: null },
    { experimentName: 'f', description: null, tags: {}, createdAt: 1, createdBy: 'ada', deletedAt: null },
  ])('is refused when its experiment is %j, which would be in the way of every list', async (experiment) => {
    expect(await importAltered({}, experiment)).toContain('is not that of an experiment');
  });

  it('is refused when a file of it leads elsewhere', async () => {
    const artifacts = [{ name: '../../etc/passwd', digest: `sha256:${'0'.repeat(64)}`, size: 1 }];
    expect(await importAltered({ artifacts })).toContain('the name of an artifact');
  });
});
