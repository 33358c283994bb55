import { ExperimentTracker, ModelRegistry, createRandom } from '@bondx/mlops';
import { type LargeStore, configFor } from './large-store.js';
import { type Outcome, below, growsBelow } from './targets.js';
import { inWords, interleaved, median, timed } from './timing.js';

const rounds = 15;
const growthLimit = 1.5;

/** A store held open, with the calls that are timed on it. */
function callsOn(store: LargeStore) {
  const tracker = new ExperimentTracker(store.config);
  const registry = new ModelRegistry(store.config);
  const random = createRandom('calls');
  let runId = '';
  // Each fills a page of 100 in the small store as well.
  const search = (filter: string, orderBy: string) => (): Promise<unknown> =>
    tracker.searchRuns({ filter, orderBy, limit: 100 });
  const things = {
    'logMetrics, one by one': () => timed(100, () => tracker.logMetrics(runId, { loss: random.next() })),
    'a batch of 1000 points': () =>
      timed(2, () => {
        const metrics = Array.from({ length: 1_000 }, () => ({ key: 'batch', value: random.next() }));
        return tracker.logBatch(runId, { metrics });
      }),
    'startRun and endRun': () =>
      timed(3, async () => tracker.endRun(await tracker.startRun({ experimentName: 'calls' }))),
    'creating a version': () =>
      timed(3, () =>
        registry.register({
          modelName: 'spread',
          modelType: 'spread',
          featureColumns: ['x'],
          modelFiles: [{ path: 'model.json', bytes: Buffer.from('{"kind":"constant","value":1}\n') }],
        }),
      ),
    getRun: () => timed(100, () => tracker.getRun(store.longRun)),
    'search: mae < 0.5 and rmse > 0.5, by r2': () =>
      timed(1, search('metrics.mae < 0.5 and metrics.rmse > 0.5', 'metrics.r2_score desc')),
    'search: mae < 0.1 and rmse < 0.1, by r2': () =>
      timed(1, search('metrics.mae < 0.1 and metrics.rmse < 0.1', 'metrics.r2_score')),
    'search: mae < 0.05 and rmse > 0.5, by mae': () =>
      timed(1, search('metrics.mae < 0.05 and metrics.rmse > 0.5', 'metrics.mae')),
    'the last 1000 points of a metric': () =>
      timed(1, () => tracker.getMetricHistory(store.longRun, 'loss', { from: store.points - 1_000 })),
    'opening, and reading one run': async () => {
      const again = new ExperimentTracker(configFor(store.directory));
      const ms = await timed(1, () => again.getRun(store.longRun));
      await again.close();
      return ms;
    },
  };
  return {
    things,
    async begin(): Promise<void> {
      runId = await tracker.startRun({ experimentName: 'calls' });
    },
    readAll: () => timed(1, () => tracker.getMetricHistory(store.longRun, 'loss')),
    async close(): Promise<void> {
      await registry.close();
      await tracker.close();
    },
  };
}

type Call = keyof ReturnType<typeof callsOn>['things'];

/** The same calls on a store and on one with ten times as much in it, by turns. */
export async function measureGrowth(small: LargeStore, large: LargeStore): Promise<readonly Outcome[]> {
  const [few, many] = [callsOn(small), callsOn(large)];
  await few.begin();
  await many.begin();
  const names = Object.keys(few.things) as Call[];
  const outcomes: Outcome[] = [];
  for (const name of names) {
    const pair = { few: few.things[name], many: many.things[name] };
    await interleaved(2, pair);
    const times = await interleaved(rounds, pair);
    const [before, after] = [median(times.few), median(times.many)];
    outcomes.push(growsBelow(name, growthLimit, before, after));
    if (name.startsWith('search')) outcomes.push(below(`  of ${large.runs} runs`, 50, after));
    if (name.startsWith('opening')) outcomes.push(below('  all of it', 100, after));
  }
  const all = await interleaved(3, { few: few.readAll, many: many.readAll });
  outcomes.push(below(`reading ${large.points} points of a metric`, 1_000, median(all.many)));
  console.log(`reading ${small.points} points: ${inWords(median(all.few))}`);
  await few.close();
  await many.close();
  return outcomes;
}
