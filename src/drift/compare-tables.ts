import type { Column } from '../data/column.js';
import { columnLength } from '../data/column.js';
import { shareColumn } from '../data/shared-columns.js';
import { MLOpsError } from '../errors.js';
import { type Watch, checkNotAborted, inSteps } from '../util/in-steps.js';
import { WorkerSession } from '../util/run-in-worker.js';
import type { ComparedColumn } from './assess-drift.js';
import type { ColumnEffects } from './column-effects.js';
import { failedFinding } from './column-findings.js';
import { compareColumns, sideCounts } from './compare-columns.js';
import { type ColumnPair, compareTask } from './compare-task.js';
import type { Comparison } from './comparisons.js';

/**
 * Values of both sides from which a pair is compared in a worker. Up to here a comparison takes a few milliseconds; a
 * thread takes some fifty to start.
 */
const workerFrom = 200_000;
/** The same where rows are permuted a thousand times. */
const permutedFrom = 10_000;

/**
 * Measures every pair of columns without holding the event loop: small ones here, one after the other; large ones in one
 * worker thread. Numbers cross to it through two stretches of shared memory, each as long as one column, so the whole
 * takes little more memory than the data.
 *
 * @throws MLOpsError `ABORTED`
 */
export async function compareTables(
  comparisons: readonly Comparison[],
  rows: ColumnPair['rows'],
  { signal, onProgress }: Watch,
  { clusters, tests }: Pick<ColumnPair, 'clusters' | 'tests'> = {},
): Promise<readonly ComparedColumn[]> {
  const compared: ComparedColumn[] = [];
  const bench = new Bench(signal);
  try {
    for (const { role, ...pair } of comparisons) {
      checkNotAborted(signal);
      const isPermuted = tests?.includes('permutation') === true && pair.baseline?.kind === 'categorical';
      const isLarge = lengthOf(pair.baseline) + lengthOf(pair.current) >= (isPermuted ? permutedFrom : workerFrom);
      const whole = { ...pair, rows, clusters, tests };
      const effects = await (isLarge ? bench.compare(whole) : compareHere(whole, signal)).catch((error: unknown) =>
        uncompared(whole, error),
      );
      compared.push({ role, effects });
      onProgress?.(compared.length / comparisons.length);
    }
    return compared;
  } finally {
    await bench.close();
  }
}

/** A column whose comparison failed with its thread, as when memory ran out; the others go on. */
function uncompared({ name, baseline, current, rows }: ColumnPair, error: unknown): ColumnEffects {
  if (error instanceof MLOpsError && error.code === 'ABORTED') throw error;
  const kind = (baseline ?? current)?.kind === 'categorical' ? 'categorical' : 'numeric';
  return {
    column: name,
    kind,
    baseline: sideCounts(baseline, rows.baseline),
    current: sideCounts(current, rows.current),
    findings: [failedFinding(error)],
  };
}

const lengthOf = (column: Column | undefined): number => (column === undefined ? 0 : columnLength(column));

const compareHere = ({ name, baseline, current, rows, clusters, tests }: ColumnPair, signal: AbortSignal | undefined) =>
  inSteps(
    (function* () {
      yield 0;
      return compareColumns(name, baseline, current, rows, clusters, tests);
    })(),
    { signal },
  );

/** A worker thread, started when it is first needed, and the memory shared with it. */
class Bench {
  #session: WorkerSession | undefined;
  readonly #memory: { baseline?: SharedArrayBuffer; current?: SharedArrayBuffer } = {};

  constructor(private readonly signal: AbortSignal | undefined) {}

  async compare(pair: ColumnPair) {
    this.#session ??= new WorkerSession();
    const baseline = await this.#share('baseline', pair.baseline);
    const current = await this.#share('current', pair.current);
    try {
      const watch = this.signal === undefined ? {} : { signal: this.signal };
      return await this.#session.run(compareTask, { ...pair, baseline, current }, watch);
    } catch (error) {
      await this.close(); // a thread that failed is not used again
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#session?.close();
    this.#session = undefined;
  }

  async #share(side: 'baseline' | 'current', column: Column | undefined): Promise<Column | undefined> {
    if (column === undefined) return undefined;
    const { byteLength } = column.kind === 'categorical' ? column.codes : column.values;
    if ((this.#memory[side]?.byteLength ?? 0) < byteLength) this.#memory[side] = new SharedArrayBuffer(byteLength);
    return shareColumn(column, { signal: this.signal }, this.#memory[side]);
  }
}
