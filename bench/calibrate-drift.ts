/**
 * How often the drift rule raises an alarm when nothing drifted, or when the drift is exactly at the tolerance, and how
 * often it sees drift of 1.5 times the tolerance in one column. Beside it the default rule of Evidently, see
 * evidently-default.ts. Usage: npm run calibrate:drift [repeats]
 */
import { MLOpsConfig, type Random, createRandom } from '@bondx/mlops';
import { type Column, numberColumn } from '../src/data/column.js';
import { Table } from '../src/data/table.js';
import { assessDrift } from '../src/drift/assess-drift.js';
import { normalQuantile } from '../src/stats/distributions/normal.js';
import { evidentlyDrifted } from './evidently-default.js';

const repeats = Number(process.argv[2] ?? 400);
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

interface Rates {
  readonly runs: number;
  readonly ours: number;
  readonly theirs: number;
}

/**
 * Share of checks with an alarm: in any column, or, with `first` given, in the first column, which alone has drifted by
 * that distance; `all` is the distance of the other columns.
 */
function alarmRates(draw: Draw, rows: number, columns: number, all: number, first?: number): Rates {
  const runs = Math.max(20, Math.min(repeats, Math.floor(1e8 / (rows * columns))));
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
    const watched = first === undefined ? names : names.slice(0, 1);
    if (watched.some((name) => report.driftedFeatures.includes(name))) ours++;
    if (watched.some((name) => evidentlyDrifted(baseline.column(name), current.column(name)))) theirs++;
  }
  return { runs, ours: ours / runs, theirs: theirs / runs };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
const table: Record<string, string | number>[] = [];
let isCalibrated = true;
for (const [kind, draw] of [
  ['numeric', numeric],
  ['categorical', categorical],
] as const) {
  for (const columns of [1, 50]) {
    for (const rows of [50, 100, 200, 500, 5000, 100_000]) {
      const quiet = alarmRates(draw, rows, columns, 0);
      const atTolerance = alarmRates(draw, rows, columns, tolerance);
      const moved = alarmRates(draw, rows, columns, 0, 1.5 * tolerance);
      const allowed = alpha + 3 * Math.sqrt((alpha * (1 - alpha)) / quiet.runs);
      isCalibrated &&= quiet.ours <= allowed && atTolerance.ours <= allowed;
      table.push({
        kind,
        columns,
        rows,
        checks: quiet.runs,
        'no drift': percent(quiet.ours),
        'at the tolerance': percent(atTolerance.ours),
        'seen at 1.5 ×': percent(moved.ours),
        'Evidently, no drift': percent(quiet.theirs),
        'Evidently, seen at 1.5 ×': percent(moved.theirs),
      });
    }
  }
}
console.log(
  `Alarms; stated: at most ${percent(alpha)} of checks. ${referenceRows} reference rows, or as many as current ones.`,
);
console.table(table);
if (!isCalibrated) {
  console.error('more false alarms than stated, beyond three Monte-Carlo standard errors');
  process.exitCode = 1;
}
