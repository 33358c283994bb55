/**
 * After how many observations each streaming detector alarms falsely, on average, on independent observations that never
 * change, and how soon it finds a change of the mean by one standard deviation (of an error rate of 10% to 30% for ddm).
 * Usage: npm run bench:run-lengths [repeats]
 */
import { createRandom, watchStream, type Random, type StreamDetectorName } from '@bondx/mlops';

const repeats = Number(process.argv[2] ?? 100);
/** Observations after which a stream without an alarm is given up: means are then lower bounds. */
const most = 20_000;

const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
const streams: Record<string, (random: Random, isMoved: boolean) => number> = {
  normal: (random, isMoved) => normal(random) + Number(isMoved),
  errors: (random, isMoved) => Number(random.next() < (isMoved ? 0.3 : 0.1)),
};

/** Observations until the first alarm after `before` quiet ones; a false one before the change leaves the run out. */
function delay(detector: StreamDetectorName, stream: string, run: number, before: number): number | undefined {
  const random = createRandom(`run-lengths/${stream}/${before}/${run}`);
  const settings =
    detector === 'cusum' && stream === 'errors' ? { settings: { mean: 0.1, standardDeviation: 0.3 } } : {};
  const watch = watchStream({ detector, ...settings });
  for (let i = 0; i < before; i++) if (watch.add(streams[stream]!(random, false)) !== undefined) return undefined;
  for (let i = 1; i <= most; i++) if (watch.add(streams[stream]!(random, before > 0)) !== undefined) return i;
  return most;
}

const detectors: readonly (readonly [StreamDetectorName, string])[] = [
  ['adwin', 'normal'],
  ['cusum', 'normal'],
  ['kswin', 'normal'],
  ['page_hinkley', 'normal'],
  ['adwin', 'errors'],
  ['cusum', 'errors'],
  ['ddm', 'errors'],
];
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
console.log(`${repeats} streams each, given up after ${most} observations`);
console.table(
  detectors.map(([detector, stream]) => {
    const run = (before: number): number[] =>
      Array.from({ length: repeats }, (_, i) => delay(detector, stream, i, before) ?? NaN).filter((n) => n > 0);
    const [quiet, moved] = [run(0), run(500)];
    const unfinished = quiet.filter((length) => length === most).length;
    return {
      detector,
      stream,
      'to a false alarm': `${unfinished > 0 ? '> ' : ''}${mean(quiet).toFixed(0)}`,
      'without one': `${((100 * unfinished) / repeats).toFixed(0)}%`,
      'to find a change': mean(moved).toFixed(0),
      'streams quiet until it': moved.length,
    };
  }),
);
