import { join } from 'node:path';
import { ExperimentTracker, ModelRegistry, createRandom } from '@bondx/mlops';
import { configFor } from './large-store.js';
import { type MlflowOperation, type MlflowPeer, mlflowFigures } from './mlflow-peer.js';
import { type Outcome, atLeast } from './targets.js';
import { inWords, interleaved, median, quantile, timed } from './timing.js';

const rounds = 21;

const targets: readonly { what: string; ours: Ours; theirs: MlflowOperation; times: number }[] = [
  { what: 'logMetrics, awaited one by one', ours: 'logMetrics', theirs: 'log_metric', times: 50 },
  { what: 'a batch of 1000 points', ours: 'logBatch', theirs: 'log_batch', times: 30 },
  { what: 'a version of stored files', ours: 'version', theirs: 'create_version', times: 10 },
];

type Ours = 'logMetrics' | 'logBatch' | 'version' | 'newVersion';

/** The same calls here and in MLflow, by turns; where MLflow is absent, against the figures known of it. */
export async function compareWithMlflow(directory: string, peer: MlflowPeer | undefined): Promise<readonly Outcome[]> {
  const config = configFor(join(directory, 'serial'));
  await using tracker = new ExperimentTracker(config);
  await using registry = new ModelRegistry(config);
  const runId = await tracker.startRun({ experimentName: 'bench' });
  const random = createRandom('serial');
  let step = 0;
  const register = (bytes: string): Promise<unknown> =>
    registry.register({
      modelName: 'spread',
      modelType: 'spread',
      featureColumns: ['x'],
      modelFiles: [{ path: 'model.json', bytes: Buffer.from(bytes) }],
      runId,
    });
  const model = (value: number): string => `{"kind":"constant","value":${value}}\n`;

  // As long on either side, where that is possible: after the other's turn, whoever is next begins with cold caches.
  const ours: Record<Ours, () => Promise<number>> = {
    logMetrics: () => timed(1_000, () => tracker.logMetrics(runId, { loss: random.next() }, { step: step++ })),
    logBatch: () =>
      timed(3, () => {
        const metrics = Array.from({ length: 1_000 }, () => ({ key: 'batch', value: random.next(), step: step++ }));
        return tracker.logBatch(runId, { metrics });
      }),
    version: () => timed(10, () => register(model(1))),
    newVersion: () => timed(10, () => register(model(random.next()))),
  };
  const theirs = (peer: MlflowPeer): Record<MlflowOperation, () => Promise<number>> => ({
    log_metric: () => peer.time('log_metric', 20),
    log_batch: () => peer.time('log_batch', 1),
    create_version: () => peer.time('create_version', 10),
  });
  const all: Record<string, () => Promise<number>> = peer === undefined ? ours : { ...ours, ...theirs(peer) };
  await interleaved(2, all); // warms up
  const times: Readonly<Partial<Record<string, readonly number[]>>> = await interleaved(rounds, all);

  const outcome = (what: string, ofOurs: Ours, ofTheirs: MlflowOperation, factor: number): Outcome => {
    const mine = median(times[ofOurs]!);
    const measured = times[ofTheirs];
    const other = measured === undefined ? mlflowFigures[ofTheirs] : median(measured);
    return atLeast(what, factor, other / mine, `${inWords(mine)} : ${inWords(other)}`);
  };
  const best = quantile(times['logMetrics']!, 0);
  console.log(`logMetrics in the quietest round: ${inWords(best)}, ${(1_000 / best).toFixed(0)} a second;`);
  console.log(`  ${(mlflowFigures.log_metric / best).toFixed(0)} times MLflow's figure for two idle cores`);
  return [
    ...targets.map(({ what, ours: mine, theirs: other, times: factor }) => outcome(what, mine, other, factor)),
    outcome('a version of new files, stored too', 'newVersion', 'create_version', 1),
  ];
}
