/**
 * Times what tracking adds to a training loop, on the filesystem store, as ratios of medians of interleaved rounds. Run it in
 * a folder under git to see what looking at it costs. Usage: npm run bench:tracking
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExperimentTracker, MLOpsConfig } from '@bondx/mlops';

const rounds = 15;
const directory = await mkdtemp(join(tmpdir(), 'bench-'));

const trackerWith = (tracking: object): ExperimentTracker => {
  const path = join(directory, `${JSON.stringify(tracking).length}`);
  return new ExperimentTracker(
    MLOpsConfig.fromObject(
      { storage: { path, artifactsPath: join(path, 'artifacts') }, tracking },
      { environment: {} },
    ),
  );
};

async function time(call: () => unknown): Promise<number> {
  const start = performance.now();
  await call();
  return performance.now() - start;
}

/** Prints each call's median as a multiple of the first one's. */
async function compare(title: string, calls: Readonly<Record<string, () => unknown>>): Promise<void> {
  const times = Object.fromEntries(Object.keys(calls).map((name) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, call] of Object.entries(calls)) {
      const taken = await time(call);
      if (round > 0) times[name]!.push(taken); // the first round warms up
    }
  }
  console.log(title);
  let reference: number | undefined;
  for (const [name, taken] of Object.entries(times)) {
    const median = taken.sort((a, b) => a - b)[Math.floor(rounds / 2)]!;
    reference ??= median;
    console.log(`  ${name.padEnd(44)} ${median.toFixed(3).padStart(9)} ms  ${(median / reference).toFixed(3)}`);
  }
}

const off = { logEnvironment: false, logGitSha: false };
const nothing = trackerWith(off);
const environment = trackerWith({ logGitSha: false });
const git = trackerWith({ logUncommittedDiff: false });
const diff = trackerWith({});
const start = (tracker: ExperimentTracker) => () => tracker.startRun({ experimentName: 'bench' });
await compare('startRun', {
  'run only': start(nothing),
  'with the environment': start(environment),
  'with the environment and the commit': start(git),
  'with uncommitted changes as well': start(diff),
});

const runId = await nothing.startRun({ experimentName: 'bench' });
const buffer = nothing.bufferRun(runId, { maxPoints: 1_000_000 });
await compare('100 points', {
  'logMetrics, awaited': async () => {
    for (let step = 0; step < 100; step++) await nothing.logMetrics(runId, { awaited: 1 / step }, { step });
  },
  'one logBatch': () =>
    nothing.logBatch(runId, {
      metrics: Array.from({ length: 100 }, (_, step) => ({ key: 'batch', value: 1 / step, step })),
    }),
  'bufferRun: held the caller': () => {
    for (let step = 0; step < 100; step++) buffer.logMetrics({ buffered: 1 / step }, { step });
  },
});

for (const tracker of [nothing, environment, git, diff]) await tracker.close();
await rm(directory, { recursive: true, force: true });
