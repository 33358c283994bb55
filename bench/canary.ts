/**
 * What the hot path of canaries costs: routing (request id included) and recording, beside GrowthBook's and Unleash's SDKs
 * evaluating one flag in the same run, and with 1,000 deployments at once. Exit code 1 when a bound is missed.
 * Usage: npm run bench:canary [rounds] [processes, 5 unless told]
 *
 * The engine does not compile the same code alike in every process (now and then one takes a third longer), so each figure is
 * the median over several processes; the ratios are made inside of each.
 */
import { execFileSync } from 'node:child_process';
import { managerOf } from './canary/deployments.js';
import { bareResults, evaluating, recording, recordingPrepared, routing, routingPrepared } from './canary/hot-paths.js';
import { growthBook, unleash } from './canary/peers.js';
import { bytesPerCall, median, medianRatio, quietMedian, timeInRounds } from './canary/rounds.js';

interface Row {
  readonly what: string;
  readonly [figure: string]: string | number;
}
interface Bound {
  readonly what: string;
  readonly measured: number;
  readonly atMost: number;
}
interface Report {
  readonly rows: readonly Row[];
  readonly bounds: readonly Bound[];
}

const rounds = Number(process.argv[2] ?? 400);
const processes = Number(process.argv[3] ?? 5);
if (processes === 0) {
  process.stdout.write(JSON.stringify(await measure()));
  process.exit(0);
}

const reports = Array.from({ length: processes }, () => measureInProcess());
const over = (figure: (report: Report) => number): number => median(Float64Array.from(reports, figure));
console.log(
  `medians of ${processes} processes, each of ${rounds} interleaved rounds. quiet: the lowest of the medians of ten groups ` +
    'of consecutive rounds, since other programs only add',
);
console.table(
  reports[0]!.rows.map((row, i) =>
    Object.fromEntries(
      Object.entries(row).map(([figure, value]) => [
        figure,
        typeof value === 'string' ? value : Number(over(({ rows }) => Number(rows[i]![figure])).toFixed(2)),
      ]),
    ),
  ),
);
const bounds = reports[0]!.bounds.map(({ what, atMost }, i) => {
  const measured = over((report) => report.bounds[i]!.measured);
  const worst = Math.max(...reports.map((report) => report.bounds[i]!.measured));
  return { what, measured, worst, atMost, kept: measured <= atMost };
});
const short = (value: number): number => Number(value.toPrecision(4));
console.table(bounds.map((bound) => ({ ...bound, measured: short(bound.measured), worst: short(bound.worst) })));
process.exit(bounds.every(({ kept }) => kept) ? 0 : 1);

function measureInProcess(): Report {
  const own = [...process.execArgv, process.argv[1]!, String(rounds), '0'];
  return JSON.parse(
    execFileSync(process.execPath, own, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }),
  ) as Report;
}

async function measure(): Promise<Report> {
  const one = await managerOf(1);
  const many = await managerOf(1000);
  const flag = one.names[0]!;

  const subjects = [
    { name: 'routePrediction, 36-byte key', call: routing(one), calls: 4_000 },
    { name: 'routePrediction, 1,000 deployments in turn', call: routing(many), calls: 4_000 },
    { name: 'recordOutcome, labelled, outcome made for it', call: recording(one), calls: 4_000 },
    { name: 'recordOutcome, labelled, outcome there', call: recordingPrepared(one), calls: 4_000 },
    { name: "GrowthBook's SDK, one flag", call: evaluating(growthBook(flag)), calls: 400 },
    { name: "Unleash's SDK, one flag", call: evaluating(await unleash(flag)), calls: 400 },
  ];
  const times = timeInRounds(subjects, rounds);
  const [route, routeMany, record, , ofGrowthBook, ofUnleash] = times as [...Float64Array[]];
  const rows = subjects.map(({ name, calls }, i) => ({
    what: name,
    'calls a round': calls,
    'quiet, ns': Math.round(quietMedian(times[i]!)),
    'median, ns': Math.round(median(times[i]!)),
    'times routing (median of rounds)': Number(medianRatio(times[i]!, route!).toFixed(2)),
  }));

  const bounds = [
    { what: 'routing, ns', measured: quietMedian(route!), atMost: 250 },
    { what: 'recording, ns', measured: quietMedian(record!), atMost: 250 },
    { what: '1,000 deployments, times one', measured: quietMedian(routeMany!) / quietMedian(route!), atMost: 1.3 },
    { what: "routing, of GrowthBook's time", measured: medianRatio(route!, ofGrowthBook!), atMost: 1 / 8 },
    { what: "routing, of Unleash's time", measured: medianRatio(route!, ofUnleash!), atMost: 1 / 8 },
    { what: 'bytes beyond the result', measured: extraBytes(one), atMost: 0 },
  ];
  return { rows, bounds };
}

/** Bytes that routing allocates and a result does not consist of. */
function extraBytes(one: Awaited<ReturnType<typeof managerOf>>): number {
  return Math.round(bytesPerCall(routingPrepared(one)) - bytesPerCall(bareResults()));
}
