/** Count, sum and sum of squares: what a mean and its variance need, and what adds up across processes. */
export interface Sums {
  readonly n: number;
  readonly sum: number;
  readonly squares: number;
}

export const noSums: Sums = { n: 0, sum: 0, squares: 0 };

export const mergeSums = (a: Sums, b: Sums): Sums => ({
  n: a.n + b.n,
  sum: a.sum + b.sum,
  squares: a.squares + b.squares,
});

export const meanOf = ({ n, sum }: Sums): number => sum / n;

/** Sample variance, n − 1 in the denominator. */
export function varianceOf({ n, sum, squares }: Sums): number {
  return Math.max(0, (squares - (sum * sum) / n) / (n - 1));
}

/** What can be computed per outcome; a metric is the mean of its values over the outcomes that have one. */
export const measureNames = [
  'absoluteError',
  'squaredError',
  'correct',
  'precision',
  'recall',
  'jaccard',
  'latencyMs',
] as const;
export type MeasureName = (typeof measureNames)[number];

/** One arm's outcomes, as sufficient statistics. */
export interface ArmStatistics {
  /** Outcomes recorded. */
  readonly outcomes: number;
  /** Outcomes that were errors. */
  readonly errors: number;
  readonly measures: Readonly<Partial<Record<MeasureName, Sums>>>;
}

export const noStatistics: ArmStatistics = { outcomes: 0, errors: 0, measures: {} };

export function mergeStatistics(a: ArmStatistics, b: ArmStatistics): ArmStatistics {
  const measures: Partial<Record<MeasureName, Sums>> = { ...a.measures };
  for (const name of measureNames) {
    const added = b.measures[name];
    if (added !== undefined) measures[name] = mergeSums(measures[name] ?? noSums, added);
  }
  return { outcomes: a.outcomes + b.outcomes, errors: a.errors + b.errors, measures };
}

/** Collects outcomes without allocating; `take` hands over what came since the last time. */
export class ArmCollector {
  #outcomes = 0;
  #errors = 0;
  /** n, sum and sum of squares of each measure, in the order of {@link measureNames}. */
  readonly #sums = new Float64Array(measureNames.length * 3);

  countOutcome(isError: boolean): void {
    this.#outcomes++;
    if (isError) this.#errors++;
  }

  /** A value that is not finite counts as an error of the model, not as a measurement. */
  add(measure: number, value: number): void {
    const at = measure * 3;
    this.#sums[at]!++;
    this.#sums[at + 1]! += value;
    this.#sums[at + 2]! += value * value;
  }

  take(): ArmStatistics {
    const measures: Partial<Record<MeasureName, Sums>> = {};
    measureNames.forEach((name, i) => {
      const n = this.#sums[i * 3]!;
      if (n > 0) measures[name] = { n, sum: this.#sums[i * 3 + 1]!, squares: this.#sums[i * 3 + 2]! };
    });
    const taken = { outcomes: this.#outcomes, errors: this.#errors, measures };
    this.#outcomes = 0;
    this.#errors = 0;
    this.#sums.fill(0);
    return taken;
  }

  /** Puts statistics back that could not be stored. */
  restore(statistics: ArmStatistics): void {
    this.#outcomes += statistics.outcomes;
    this.#errors += statistics.errors;
    measureNames.forEach((name, i) => {
      const { n, sum, squares } = statistics.measures[name] ?? noSums;
      this.#sums[i * 3]! += n;
      this.#sums[i * 3 + 1]! += sum;
      this.#sums[i * 3 + 2]! += squares;
    });
  }
}
