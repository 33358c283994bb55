/**
 * How often the 95% interval of a performance estimated without labels (DLE) holds the mean absolute error that the labels
 * show later: errors that grow with a feature or have heavy tails, the inputs as before or moved within what the baseline
 * has. Usage: npm run calibrate:performance [repeats]
 */
import { createRandom, toTable, type Random, type Table } from '@bondx/mlops';
import { measurePerformance, type PredictedSide } from '../src/drift/measure-performance.js';
import { intervalOf } from '../src/stats/estimate.js';

const repeats = Number(process.argv[2] ?? 200);
const targetColumn = 'y';

const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());

const errors: Record<string, (random: Random, x: number) => number> = {
  'of one size': (random) => normal(random),
  'growing with x': (random, x) => (0.5 + 2 * x) * normal(random),
  'heavy tails': (random, x) => (0.5 + x) * normal(random) ** 3,
};

/** x in [0, 1], more of it large the smaller the power; the prediction is 2x. */
function draw(random: Random, rows: number, power: number, error: (random: Random, x: number) => number) {
  const x = Float64Array.from({ length: rows }, () => random.next() ** power);
  const z = Float64Array.from({ length: rows }, () => random.next());
  const predictions = x.map((value) => 2 * value);
  const losses = x.map((value) => Math.abs(error(random, value)));
  const features = { x, z };
  return {
    features,
    predictions,
    losses,
    labelled: toTable({ ...features, y: predictions.map((p, i) => p + losses[i]!) }),
  };
}

async function covers(run: number, rows: number, power: number, error: (random: Random, x: number) => number) {
  const random = createRandom(`performance/${run}/${rows}/${power}`);
  const before = draw(random.split('before'), 2000, 1, error);
  const now = draw(random.split('now'), rows, power, error);
  const side = (table: Table, predictions: Float64Array): PredictedSide => ({ table, predictions });
  const measured = await measurePerformance(
    {
      baseline: side(before.labelled, before.predictions),
      current: side(toTable(now.features), now.predictions),
      task: 'regression',
      targetColumn,
      featureColumns: ['x', 'z'],
      clusters: undefined,
      random: random.split('measure'),
    },
    {},
  );
  const truth = now.losses.reduce((sum, loss) => sum + loss, 0) / rows;
  const { lower, upper } = intervalOf(measured!.current, 0.95);
  return truth >= lower && truth <= upper;
}

const table: Record<string, string | number>[] = [];
let isCalibrated = true;
for (const [name, error] of Object.entries(errors)) {
  for (const rows of [200, 1000]) {
    const share = async (power: number): Promise<number> => {
      let covered = 0;
      for (let run = 0; run < repeats; run++) if (await covers(run, rows, power, error)) covered++;
      return covered / repeats;
    };
    const [same, moved] = [await share(1), await share(0.3)];
    const chance = 3 * Math.sqrt((0.95 * 0.05) / repeats);
    // Only the first column has to keep the stated rate: with moved inputs the intervals are known to be too narrow.
    isCalibrated &&= same >= 0.95 - chance;
    const percent = (value: number): string => `${(100 * value).toFixed(1)}%`;
    table.push({
      errors: name,
      'current rows': rows,
      'inputs as before': percent(same),
      'inputs moved': percent(moved),
    });
  }
}
console.log(`Intervals of 95% that hold what the labels show; 2000 reference rows, ${repeats} repeats`);
console.table(table);
if (!isCalibrated) {
  console.error('an interval holds less often than stated, beyond three Monte-Carlo standard errors');
  process.exitCode = 1;
}
