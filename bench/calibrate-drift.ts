/**
 * How often the drift rule raises an alarm when nothing drifted, and how often it sees drift of 1.5 times the tolerance.
 * Beside it Evidently's default rule for small data: two-sample Kolmogorov–Smirnov or chi-square, p < 0.05.
 * Usage: npm run calibrate:drift [repeats]
 */
import { MLOpsConfig, createRandom, toTable, type Random } from '@bondx/mlops';
import { assessDrift } from '../src/drift/assess-drift.js';

const repeats = Number(process.argv[2] ?? 400);
const config = MLOpsConfig.default({ environment: {} });
const policy = config.modelPolicy('calibration');
const alpha = config.policy.drift.ksTestThreshold;

type Draw = (random: Random) => number | string;

/** A uniform column; shifted by s its Kolmogorov–Smirnov distance is s. */
const uniform =
  (shift: number): Draw =>
  (random) =>
    random.next() + shift;

/** Ten categories; moving a share s of the rows to another one gives a total variation distance of 0.9 s. */
const category =
  (moved: number): Draw =>
  (random) =>
    random.next() < moved / 0.9 ? 'c0' : `c${Math.floor(random.next() * 10)}`;

function draw(random: Random, rows: number, columns: number, one: Draw): Record<string, (number | string)[]> {
  return Object.fromEntries(
    Array.from({ length: columns }, (_, c) => [`x${c}`, Array.from({ length: rows }, () => one(random))]),
  );
}

/** Share of checks with an alarm, ours and the peer's. */
function alarmRates(rows: number, columns: number, before: Draw, after: Draw): { ours: number; theirs: number } {
  const runs = Math.max(40, Math.min(repeats, Math.floor(4e7 / (rows * columns))));
  let [ours, theirs] = [0, 0];
  for (let run = 0; run < runs; run++) {
    const random = createRandom(`${rows}/${columns}/${run}`);
    const baseline = toTable(draw(random, Math.max(rows, 1000), columns, before));
    const current = toTable(draw(random, rows, columns, after));
    const featureColumns = [...baseline.columns.keys()];
    const report = assessDrift(
      { modelName: 'calibration', policy, baseline, current, featureColumns },
      config,
      undefined,
    );
    if (report.requiresRetraining) ours++;
    if (report.columns.some(({ test }) => test !== undefined && test.pValue < alpha)) theirs++;
  }
  return { ours: ours / runs, theirs: theirs / runs };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
const tolerance = policy.driftThresholds.featureDriftThreshold;
const table: Record<string, string | number>[] = [];
for (const [kind, make] of [
  ['numeric', uniform],
  ['categorical', category],
] as const) {
  for (const columns of [1, 50]) {
    for (const rows of [50, 100, 200, 500, 5000, 100_000]) {
      if (rows * columns > 250_000) continue; // minutes instead of seconds, and the law of large numbers in plain sight
      const quiet = alarmRates(rows, columns, make(0), make(0));
      const moved = alarmRates(rows, columns, make(0), make(1.5 * tolerance));
      table.push({
        kind,
        columns,
        rows,
        'false alarms': percent(quiet.ours),
        'of p < 0.05': percent(quiet.theirs),
        'power at 1.5 × tolerance': percent(moved.ours),
      });
    }
  }
}
console.log(`stated: at most ${percent(alpha)} false alarms a report`);
console.table(table);
