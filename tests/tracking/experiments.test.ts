import { describe, expect, it } from 'vitest';
import { AuditLog, ExperimentTracker, MemoryArtifactStore, MemoryStorage, openFilesystemStorage } from '@bondx/mlops';
import { temporaryDirectory } from '../adapters/filesystem/temporary-directory.js';
import { createWorld, failure } from '../helpers.js';

describe('an experiment', () => {
  it('is there with its first run, and can be described', async () => {
    const { config, options, clock } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    expect(await failure(tracker.describeExperiment({ experimentName: 'spreads' }))).toMatchObject({
      code: 'NOT_FOUND',
    });
    await tracker.startRun({ experimentName: 'spreads' });
    clock.advance(1_000);
    await tracker.startRun({ experimentName: 'prices' });
    await tracker.startRun({ experimentName: 'spreads' });
    await tracker.describeExperiment({ experimentName: 'spreads', description: 'by tenor', tags: { team: 'rates' } });
    await tracker.describeExperiment({ experimentName: 'spreads', tags: { desk: 'agencies' } });
    expect(await tracker.listExperiments()).toEqual({
      experiments: [
        { experimentName: 'prices', tags: {}, createdAt: '2026-01-01T00:00:01.000Z', createdBy: 'ada' },
        {
          experimentName: 'spreads',
          description: 'by tenor',
          tags: { team: 'rates', desk: 'agencies' },
          createdAt: '2026-01-01T00:00:00.000Z',
          createdBy: 'ada',
        },
      ],
    });
    const first = await tracker.listExperiments({ limit: 1 });
    const rest = await tracker.listExperiments({ limit: 1, cursor: first.cursor! });
    expect([...first.experiments, ...rest.experiments].map((e) => e.experimentName)).toEqual(['prices', 'spreads']);
    expect((await failure(tracker.describeExperiment({ experimentName: 'spread' }))).message).toContain(
      'did you mean spreads?',
    );
    for (const wrong of [{ tags: { a: 1 } }, { description: 5 }, { typo: 1 }, { experimentName: '' }]) {
      const call = tracker.describeExperiment({ experimentName: 'spreads', ...wrong } as never);
      expect(await failure(call)).toMatchObject({ code: 'INVALID_INPUT' });
    }
    expect(await failure(tracker.listExperiments({ view: 'gone' } as never))).toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('hides its runs while it is deleted, and takes no new ones', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const hidden = await tracker.startRun({ experimentName: 'hidden' });
    const shown = await tracker.startRun({ experimentName: 'shown' });
    await tracker.endRun(shown);
    await tracker.deleteRun(shown);
    const other = await tracker.startRun({ experimentName: 'shown' });
    await tracker.deleteExperiment('hidden');
    const found = async (view?: 'deleted' | 'all') =>
      (await tracker.searchRuns(view === undefined ? {} : { view })).runs.map(({ runId }) => runId).sort();
    expect(await found()).toEqual([other]);
    expect(await found('deleted')).toEqual([hidden, shown].sort());
    expect(await found('all')).toEqual([hidden, shown, other].sort());
    expect((await tracker.listRuns({ experimentName: 'hidden' })).runs).toEqual([]);
    expect(await tracker.getRun(hidden)).toMatchObject({ status: 'running' });
    await tracker.logMetrics(hidden, { loss: 1 }); // what is under way is not disturbed
    expect(await failure(tracker.startRun({ experimentName: 'hidden' }))).toMatchObject({ code: 'ILLEGAL_STATE' });
    expect((await tracker.listExperiments()).experiments.map((e) => e.experimentName)).toEqual(['shown']);
    expect((await tracker.listExperiments({ view: 'deleted' })).experiments).toMatchObject([
      { experimentName: 'hidden', deletedAt: '2026-01-01T00:00:00.000Z' },
    ]);
    await tracker.restoreExperiment('hidden');
    expect(await found()).toEqual([hidden, other].sort());
    const actions = (await new AuditLog(config, options).list({ resourceId: 'hidden' })).map(({ action }) => action);
    expect(actions).toEqual(['tracking.delete_experiment', 'tracking.restore_experiment']);
  });

  it('is begun once, however many processes start its first run at the same time', async () => {
    const folder = await temporaryDirectory();
    const { config, options } = createWorld();
    const trackers = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const storage = await openFilesystemStorage(folder, { durability: 'process' }); // as a process of its own
        return {
          storage,
          tracker: new ExperimentTracker(config, { ...options, storage, artifacts: new MemoryArtifactStore() }),
        };
      }),
    );
    await Promise.all(
      trackers.flatMap(({ tracker }) => ['a', 'b', 'a'].map((experimentName) => tracker.startRun({ experimentName }))),
    );
    const { tracker } = trackers[0]!;
    expect((await tracker.listExperiments()).experiments.map((e) => e.experimentName).sort()).toEqual(['a', 'b']);
    expect((await tracker.listRuns()).runs).toHaveLength(12);
    await Promise.all(trackers.map(({ storage }) => storage.close()));
  });

  it('comes along with runs that are copied', async () => {
    const { config, options } = createWorld();
    const origin = new ExperimentTracker(config, options);
    await origin.startRun({ experimentName: 'spreads' });
    await origin.describeExperiment({ experimentName: 'spreads', description: 'by tenor' });
    const store = { storage: new MemoryStorage(), artifacts: new MemoryArtifactStore() };
    await origin.exportRuns({ store });
    const tracker = new ExperimentTracker(config, { ...options, ...store });
    expect((await tracker.listExperiments()).experiments).toMatchObject([{ description: 'by tenor' }]);
    await tracker.deleteExperiment('spreads');
    await origin.startRun({ experimentName: 'spreads' });
    await origin.exportRuns({ store });
    expect((await tracker.listRuns()).runs).toEqual([]); // what was hidden there stays so
    expect((await tracker.exportRuns({ store: { ...store, storage: new MemoryStorage() } })).imported).toEqual([]);
  });
});
