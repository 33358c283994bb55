/**
 * What the hot path of canaries costs: routing (request id included) and recording, beside GrowthBook's and Unleash's SDKs
 * evaluating one flag in the same run, and with 1,000 deployments at once. Exit code 1 when a bound is missed.
 * Usage: npm run bench:canary [rounds]
 */
import { managerOf } from './canary/deployments.js';
import { bareResults, evaluating, recording, recordingPrepared, routing, routingPrepared } from './canary/hot-paths.js';
import { growthBook, unleash } from './canary/peers.js';
import { bytesPerCall, median, medianRatio, quietMedian, timeInRounds } from './canary/rounds.js';

const rounds = Number(process.argv[2] ?? 400);
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
console.log(
  `${rounds} interleaved rounds. quiet: the lowest of the medians of ten groups of consecutive rounds, since other programs only add`,
);
console.table(
  subjects.map(({ name, calls }, i) => ({
    what: name,
    'calls a round': calls,
    'quiet, ns': Math.round(quietMedian(times[i]!)),
    'median, ns': Math.round(median(times[i]!)),
    'times routing (median of rounds)': Number(medianRatio(times[i]!, route!).toFixed(2)),
  })),
);

const bounds = [
  { what: 'routing, ns', measured: quietMedian(route!), atMost: 250 },
  { what: 'recording, ns', measured: quietMedian(record!), atMost: 250 },
  { what: '1,000 deployments, times one', measured: quietMedian(routeMany!) / quietMedian(route!), atMost: 1.3 },
  { what: "routing, of GrowthBook's time", measured: medianRatio(route!, ofGrowthBook!), atMost: 1 / 8 },
  { what: "routing, of Unleash's time", measured: medianRatio(route!, ofUnleash!), atMost: 1 / 8 },
  { what: 'bytes beyond the result', measured: extraBytes(), atMost: 0 },
].map((bound) => ({ ...bound, kept: bound.measured <= bound.atMost }));
console.table(bounds.map((bound) => ({ ...bound, measured: Number(bound.measured.toPrecision(4)) })));
process.exit(bounds.every(({ kept }) => kept) ? 0 : 1);

/** Bytes that routing allocates and a result does not consist of. */
function extraBytes(): number {
  return Math.round(bytesPerCall(routingPrepared(one)) - bytesPerCall(bareResults()));
}
