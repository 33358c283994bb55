/** Something whose calls are timed. */
export interface Subject {
  readonly name: string;
  /** Makes so many calls; whatever it computes is returned, so that no compiler drops it. */
  readonly call: (calls: number) => number;
  /** Calls a round; a few milliseconds' worth. */
  readonly calls: number;
}

/** What one subject took: nanoseconds a call, one number a round. */
export type Times = Float64Array;

const warmupMs = 400;

/**
 * Times subjects in many short rounds, in turn, so that whatever else the machine does meets all of them alike. Everything
 * is warmed up first, together: a compiler that has seen one subject alone would make code for that one only.
 */
export function timeInRounds(subjects: readonly Subject[], rounds: number): readonly Times[] {
  for (const end = performance.now() + warmupMs * subjects.length; performance.now() < end;) {
    for (const { call, calls } of subjects) kept += call(calls);
  }
  const times = subjects.map(() => new Float64Array(rounds));
  for (let round = 0; round < rounds; round++) {
    subjects.forEach(({ call, calls }, i) => {
      kept += call(calls / 2); // what the subject before left in the processor's caches is not this one's business
      const began = performance.now();
      kept += call(calls);
      times[i]![round] = ((performance.now() - began) * 1e6) / calls;
    });
  }
  return times;
}

export let kept = 0;

export const median = (values: Iterable<number>): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
};

/** Groups of consecutive rounds that one median is taken of. */
const groups = 10;

/**
 * The lowest of the medians of ten groups of consecutive rounds: other programs can only make a group slower, and a median of
 * so many rounds is no stroke of luck.
 */
export function quietMedian(times: Times): number {
  const size = Math.floor(times.length / groups);
  return Math.min(...Array.from({ length: groups }, (_, g) => median(times.subarray(g * size, (g + 1) * size))));
}

/** Median over the rounds of one subject's time in terms of another's in the same round. */
export const medianRatio = (times: Times, of: Times): number => median(times.map((time, round) => time / of[round]!));

/** Bytes on the heap that one call takes: the median of many short runs, those a collection interrupted included. */
export function bytesPerCall(call: (calls: number) => number): number {
  const calls = 5_000;
  for (const end = performance.now() + warmupMs; performance.now() < end;) kept += call(calls);
  return median(
    Array.from({ length: 201 }, () => {
      const before = process.memoryUsage().heapUsed;
      kept += call(calls);
      return (process.memoryUsage().heapUsed - before) / calls;
    }),
  );
}
