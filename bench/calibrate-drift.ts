/**
 * How often the drift rule raises an alarm when nothing drifted, or when the drift is exactly at the tolerance, and how
 * often it sees drift of 1.5 times the tolerance in one column. Beside it the default rule of Evidently, see
 * evidently-default.ts. Each share has its Monte-Carlo interval beside it: 95%, Clopper & Pearson 1934.
 * Usage: npm run calibrate:drift [checks, 400 unless told; fewer where one takes more than a second] [only lines that begin so]
 */
import { MLOpsConfig, type Random, createRandom } from '@bondx/mlops';
import { type Column, numberColumn } from '../src/data/column.js';
import { Table } from '../src/data/table.js';
import { assessDrift } from '../src/drift/assess-drift.js';
import { betaQuantile } from '../src/stats/distributions/beta.js';
import { normalQuantile } from '../src/stats/distributions/normal.js';
import { evidentlyDrifted } from './evidently-default.js';

const repeats = Number(process.argv[2] ?? 400);
const only = process.argv[3] ?? '';
const referenceRows = 5000;
const config = MLOpsConfig.default({ environment: {} });
const policy = config.modelPolicy('calibration');
const alpha = config.policy.drift.ksTestThreshold;
const tolerance = policy.driftThresholds.featureDriftThreshold;

type Draw = (name: string, rows: number, distance: number, random: Random) => Column;

/** Standard normal values, moved so far that the Kolmogorov–Smirnov distance is the one asked for. */
const numeric: Draw = (name, rows, distance, random) => {
  const shift = 2 * normalQuantile((1 + distance) / 2);
  const values = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    values[row] = shift + Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  }
  return numberColumn('numeric', name, values);
};

const categories = Array.from({ length: 10 }, (_, i) => `c${i}`);

/** Ten even categories; the share that is the total variation distance moves from the other nine to the first. */
const categorical: Draw = (name, rows, distance, random) => {
  const codes = new Int32Array(rows);
  for (let row = 0; row < rows; row++) codes[row] = random.next() < distance / 0.9 ? 0 : Math.floor(random.next() * 10);
  return { kind: 'categorical', name, codes, categories, missingCount: 0 };
};

/** Checks made, and how many of them raised an alarm by each rule. */
interface Alarms {
  readonly runs: number;
  readonly ours: number;
  readonly theirs: number;
}

/**
 * Checks with an alarm: in any column, or, with `first` given, in the first column, which alone has drifted by
 * that distance; `all` is the distance of the other columns.
 */
function countAlarms(draw: Draw, rows: number, columns: number, all: number, first?: number): Alarms {
  const runs = Math.max(20, Math.min(repeats, Math.floor(5e8 / (rows * columns))));
  const isCompared = all === 0; // at the tolerance the other rule states nothing
  let [ours, theirs] = [0, 0];
  for (let run = 0; run < runs; run++) {
    const random = createRandom(`${rows}/${columns}/${all}/${first ?? ''}/${run}`);
    const size = Math.max(rows, referenceRows);
    const names = Array.from({ length: columns }, (_, c) => `x${c}`);
    const baseline = new Table(
      names.map((name) => draw(name, size, 0, random)),
      size,
    );
    const current = new Table(
      names.map((name, c) => draw(name, rows, c === 0 ? (first ?? all) : all, random)),
      rows,
    );
    const inputs = { modelName: 'calibration', policy, baseline, current, featureColumns: names };
    const report = assessDrift(inputs, config, undefined);
    const watched = first === undefined ? report.columns : report.columns.slice(0, 1);
    if (watched.some(({ verdict }) => verdict === 'drifted')) ours++;
    const alarms = ({ column, wasserstein }: (typeof watched)[number]): boolean =>
      evidentlyDrifted(baseline.column(column), current.column(column), wasserstein?.normalized);
    if (isCompared && watched.some(alarms)) theirs++;
  }
  return { runs, ours, theirs };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;

/** A share with its Monte-Carlo interval. */
function shareOf(hits: number, runs: number): string {
  const lower = hits === 0 ? 0 : betaQuantile(0.025, hits, runs - hits + 1);
  const upper = hits === runs ? 1 : betaQuantile(0.975, hits + 1, runs - hits);
  return `${percent(hits / runs)} (${(100 * lower).toFixed(1)}–${(100 * upper).toFixed(1)})`;
}

/** Whether so many alarms are more than the stated share, beyond three Monte-Carlo standard errors. */
const isTooMany = (hits: number, runs: number): boolean =>
  hits / runs > alpha + 3 * Math.sqrt((alpha * (1 - alpha)) / runs);

const print = (cells: readonly (string | number)[]): void => console.log(`| ${cells.join(' | ')} |`);

console.log(
  `Alarms; stated: at most ${percent(alpha)} of checks. ${referenceRows} reference rows, or as many as current ones.`,
);
const head = ['columns', 'rows', 'checks', 'no drift', 'at the tolerance', 'seen at 1.5 ×'];
print([...head, 'Evidently, no drift', 'Evidently, seen at 1.5 ×']);
print(Array.from({ length: head.length + 2 }, () => '---'));
let isCalibrated = true;
for (const [kind, draw] of [
  ['numeric', numeric],
  ['categorical', categorical],
] as const) {
  for (const columns of [1, 50]) {
    for (const rows of [50, 100, 200, 500, 5000, 100_000]) {
      const line = `${columns} ${kind}`;
      if (!`${line} ${rows}`.startsWith(only)) continue;
      const quiet = countAlarms(draw, rows, columns, 0);
      const atTolerance = countAlarms(draw, rows, columns, tolerance);
      const moved = countAlarms(draw, rows, columns, 0, 1.5 * tolerance);
      const { runs } = quiet;
      isCalibrated &&= !isTooMany(quiet.ours, runs) && !isTooMany(atTolerance.ours, runs);
      const shares = [quiet.ours, atTolerance.ours, moved.ours, quiet.theirs, moved.theirs];
      print([line, rows.toLocaleString('en'), runs, ...shares.map((hits) => shareOf(hits, runs))]);
    }
  }
}
if (!isCalibrated) {
  console.error('more false alarms than stated, beyond three Monte-Carlo standard errors');
  process.exitCode = 1;
}
