/**
 * Gradient boosting beside ml-random-forest and, where Python with scikit-learn is there, HistGradientBoosting: time,
 * error on rows never seen, time of one prediction. All in one run, in processor time of one thread; of several trainings
 * the fastest, which other work on the machine has slowed down least. Training is measured in this thread: one of its own
 * takes time to start, most from sources, where it loads a compiler first.
 * Usage: npm run bench:training [folder of the real data sets]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Model, type Table, createRandom } from '@bondx/mlops';
import { classificationMetrics } from '../src/models/metrics/classification-metrics.js';
import { regressionMetrics } from '../src/models/metrics/regression-metrics.js';
import { numericTarget } from '../src/models/target.js';
import { gradientBoostingTrainer } from '../src/models/gradient-boosting-trainer.js';
import { FeatureReader } from '../src/models/feature-reader.js';
import { dataFolder } from './data-folder.js';
import { type TrainingCase, realCases, synthetic } from './training-data.js';

interface Result {
  readonly seconds: number;
  readonly error: number;
  readonly predictMicroseconds: number;
}

const seconds = async (work: () => Promise<unknown> | undefined): Promise<number> => {
  const began = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1e6;
};

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

async function ours({ train, test, features, target, task, repeats }: TrainingCase): Promise<Result> {
  let model: Model | undefined;
  const fit = async (): Promise<void> => {
    ({ model } = await gradientBoostingTrainer.train({
      table: train,
      targetColumn: target,
      featureColumns: features,
      task,
      hyperparameters: { max_iterations: 100 },
      random: createRandom(42),
    }));
  };
  const times: number[] = [];
  for (let i = 0; i < repeats; i++) times.push(await seconds(fit));
  const truth = numericTarget(test, target);
  const predicted = model!.predictBatch(test);
  const error =
    task === 'regression'
      ? regressionMetrics(truth, predicted)['rmse']!
      : classificationMetrics(truth, predicted)['log_loss']!;
  return { seconds: Math.min(...times), error, predictMicroseconds: await predictMicroseconds(model!, test) };
}

/** Of one row given as an object, after a warm-up. */
async function predictMicroseconds(model: Model, table: Table): Promise<number> {
  const rows = Array.from({ length: 1000 }, (_, i) => table.row(i % table.rowCount));
  const predictAll = async (): Promise<void> => {
    for (let i = 0; i < 10; i++) for (const row of rows) model.predict(row);
  };
  for (let i = 0; i < 5; i++) await predictAll();
  const times: number[] = [];
  for (let i = 0; i < 11; i++) times.push(await seconds(predictAll));
  return median(times) * 100;
}

/** What scikit-learn makes of the same rows; undefined where it is not installed. */
function theirs(cases: readonly TrainingCase[]): Readonly<Record<string, Result>> | undefined {
  const python = process.env['PYTHON'] ?? 'python3';
  try {
    execFileSync(python, ['-c', 'import sklearn'], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  try {
    const jobs = cases.map(({ name, train, test, features, target, task, repeats }) => {
      const reader = FeatureReader.fit(train, features);
      for (const [part, table] of [
        ['train', train],
        ['test', test],
      ] as const) {
        const columns = [...reader.readTable(table), numericTarget(table, target)];
        writeFileSync(
          join(folder, `${name}.${part}`),
          Buffer.concat(columns.map((column) => Buffer.from(column.buffer, column.byteOffset, column.byteLength))),
        );
      }
      const categorical = features.flatMap((_, i) => (reader.categoryCount(i) > 0 ? [i] : []));
      return { name, width: features.length, categorical, task, repeats };
    });
    writeFileSync(join(folder, 'jobs.json'), JSON.stringify(jobs));
    const peer = new URL('training-peer.py', import.meta.url).pathname;
    const env = { ...process.env, OMP_NUM_THREADS: '1' };
    return JSON.parse(execFileSync(python, [peer, folder], { env, encoding: 'utf8' })) as Record<string, Result>;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Seconds ml-random-forest would take for 10,000 rows and 100 trees: a power of the rows, fitted to smaller data. */
async function randomForestSeconds(data: TrainingCase): Promise<{ seconds: number; exponent: number }> {
  const { RandomForestRegression } = createRequire(import.meta.url)('ml-random-forest') as {
    RandomForestRegression: new (options: object) => { train(rows: number[][], target: number[]): void };
  };
  const trees = 3;
  const columns = FeatureReader.fit(data.train, data.features).readTable(data.train);
  const target = numericTarget(data.train, data.target);
  const measure = (count: number): Promise<number> =>
    seconds(async () => {
      const rows = Array.from({ length: count }, (_, i) => columns.map((values) => values[i]!));
      new RandomForestRegression({ nEstimators: trees, seed: 1, maxFeatures: 1, noOOB: true }).train(rows, [
        ...target.subarray(0, count),
      ]);
    });
  const [small, large] = [await measure(1000), await measure(3000)];
  const exponent = Math.log(large / small) / Math.log(3);
  return { seconds: ((large * 100) / trees) * (10_000 / 3000) ** exponent, exponent };
}

const show = (value: number | undefined, digits = 3): string =>
  value === undefined ? 'not measured' : value.toPrecision(digits);

const small = synthetic('10,000 × 8', 10_000, 8, 5);
const large = synthetic('100,000 × 12', 100_000, 12, 3);
const real = await realCases(dataFolder);
const cases = [small, large, ...real];
const peer = theirs(cases);
const forest = await randomForestSeconds(small);
const rows = [];
for (const data of cases) {
  const mine = await ours(data);
  const other = peer?.[data.name];
  rows.push({
    data: data.name,
    seconds: show(mine.seconds),
    'scikit-learn': show(other?.seconds),
    ratio: show(other && mine.seconds / other.seconds),
    error: show(mine.error, 5),
    'their error': show(other?.error, 5),
    'ratio ': show(other && mine.error / other.error, 4),
    'predict µs': show(mine.predictMicroseconds),
    'their µs': show(other?.predictMicroseconds),
  });
  if (data === small) {
    console.log(
      `10,000 × 8, 100 trees: ml-random-forest ${show(forest.seconds)} s (extrapolated from 1,000 and 3,000 rows, exponent ` +
        `${show(forest.exponent)}), gradient_boosting ${show(mine.seconds)} s: ${show(forest.seconds / mine.seconds, 4)} times faster`,
    );
  }
}
console.table(rows);
if (peer === undefined) console.log('python3 has no scikit-learn here: nothing was measured beside it');
