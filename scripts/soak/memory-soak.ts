import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startEverything } from './everything.js';
import { type Flatness, type FlatnessBounds, type Sample, judgeFlatness } from './flatness.js';

const mebibyte = 1024 * 1024;

/** Over any time: what is not a leak does not grow with the number of rounds. */
const longBounds: FlatnessBounds = { residentRise: 16 * mebibyte, heapRise: 3 * mebibyte, extra: 0 };
/** In the first minutes caches still fill and code is still compiled; a leak of 100 KiB a round shows all the same. */
const shortBounds: FlatnessBounds = { residentRise: 64 * mebibyte, heapRise: 12 * mebibyte, extra: 0 };

/** @param seconds that the soak lasts */
export const boundsOf = (seconds: number): FlatnessBounds => (seconds < 300 ? shortBounds : longBounds);

/** A soak on a slow machine lasts until it has so many. */
const fewestSamples = 12;

export interface MemorySoakOptions {
  readonly directory: string;
  readonly seconds: number;
  /** Time between rounds, so that the soak does not take a whole core; 0 unless told. */
  readonly pauseMs?: number;
  /** Done after every round: leaks that the soak has to find. */
  readonly leak?: () => void;
  readonly onSample?: (sample: Sample) => void;
}

export interface MemorySoakResult extends Flatness {
  readonly rounds: number;
  /** Descriptors open after everything was closed beyond those before it was opened. */
  readonly leftOpen: number;
}

/** Does everything for some time and judges whether the process stayed as large as it was. */
export async function runMemorySoak(options: MemorySoakOptions): Promise<MemorySoakResult> {
  const { directory, seconds, pauseMs = 0, leak = () => undefined, onSample = () => undefined } = options;
  const collect = garbageCollector();
  const began = performance.now();
  const lasts = seconds * 1_000;
  const interval = Math.max(500, lasts / 120);
  const samples: Sample[] = [];
  const before = countDescriptors();
  const everything = await startEverything(directory);
  let rounds = 0;
  const isOver = (): boolean => performance.now() - began >= lasts && samples.length >= fewestSamples;
  for (let next = 0; !isOver();) {
    await everything.round();
    leak();
    rounds++;
    if (performance.now() - began >= next) {
      samples.push(await take(collect, performance.now() - began));
      onSample(samples.at(-1)!);
      next += interval;
    }
    if (pauseMs > 0) await delay(pauseMs);
  }
  await everything.close();
  const flatness = judgeFlatness(samples, boundsOf(seconds));
  const leftOpen = (await settled(countDescriptors, before)) - before;
  const problems = [...flatness.problems, ...(leftOpen > 0 ? [`${leftOpen} descriptors left open at the end`] : [])];
  return { ...flatness, rounds, leftOpen, problems };
}

async function take(collect: () => void, at: number): Promise<Sample> {
  await delay(20); // lets sockets, files and timers that were just closed go
  collect();
  const { rss, heapUsed, external } = process.memoryUsage();
  const resources = process.getActiveResourcesInfo().length;
  return { at, resident: rss, heap: heapUsed + external, descriptors: countDescriptors(), resources };
}

/** 0 where the system does not tell. */
function countDescriptors(): number {
  try {
    return readdirSync(join('/proc', 'self', 'fd')).length;
  } catch {
    return 0;
  }
}

async function settled(count: () => number, expected: number): Promise<number> {
  for (let i = 0; i < 50 && count() > expected; i++) await delay(20);
  return count();
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
