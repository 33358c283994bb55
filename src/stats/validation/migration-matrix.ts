import { MLOpsError } from '../../errors.js';

/** How exposures moved between grades or stages, in counts and in shares. */
export interface MigrationMatrix {
  /** `counts[i][j]`: obligors that went from grade i to grade j. */
  readonly counts: readonly (readonly number[])[];
  /** Row by row shares; a grade nobody was in has NaN. */
  readonly rates: readonly (readonly number[])[];
  /** Share that kept its grade. */
  readonly stability: number;
  /** Mean number of grades moved, without direction. */
  readonly meanMove: number;
  /** Matrix weighted bandwidth of moves to higher grades (worse ones, where grade 0 is the best), in [0, 1]. */
  readonly upperBandwidth: number;
  /** The same of moves to lower grades. */
  readonly lowerBandwidth: number;
  /** Shorrocks' mobility (G − trace of the rates)/(G − 1) over the grades that somebody was in: 0 when nobody moves. */
  readonly mobility: number;
}

/**
 * How obligors moved between grades from one date to the next. Grades are numbered from 0 in order of risk.
 *
 * MWB = Σ |i − j|·Nᵢ·pᵢⱼ / Σ max(|i − G|, |i − 1|)·Nᵢ·Σ_{j beyond} pᵢⱼ over one side of the diagonal, as the ECB's
 * instructions (2019), 2.5.5.1; 0 where nobody moved that way. Mobility: Shorrocks (1978), Econometrica 46.
 *
 * @throws MLOpsError `INVALID_INPUT` for fewer than two grades, lists of different length, none, or unknown grades
 */
export function migrationMatrix(from: ArrayLike<number>, to: ArrayLike<number>, grades: number): MigrationMatrix {
  const counts = count(from, to, grades);
  const totals = counts.map((row) => row.reduce((sum, value) => sum + value, 0));
  const rates = counts.map((row, i) => row.map((value) => value / totals[i]!));
  const occupied = totals.filter((total) => total > 0).length;
  let kept = 0;
  let moved = 0;
  let trace = 0;
  counts.forEach((row, i) => {
    kept += row[i]!;
    if (totals[i]! > 0) trace += rates[i]![i]!;
    row.forEach((value, j) => (moved += Math.abs(i - j) * value));
  });
  return {
    counts,
    rates,
    stability: kept / from.length,
    meanMove: moved / from.length,
    upperBandwidth: bandwidth(counts, (i, j) => j > i),
    lowerBandwidth: bandwidth(counts, (i, j) => j < i),
    mobility: occupied < 2 ? NaN : (occupied - trace) / (occupied - 1),
  };
}

function count(from: ArrayLike<number>, to: ArrayLike<number>, grades: number): number[][] {
  if (!Number.isSafeInteger(grades) || grades < 2 || grades > 1000) {
    throw new MLOpsError('INVALID_INPUT', `there are ${grades} grades; expected two or more, 1000 at most`);
  }
  if (from.length !== to.length || from.length === 0) {
    throw new MLOpsError(
      'INVALID_INPUT',
      `${from.length} grades before and ${to.length} after; expected as many, and some`,
    );
  }
  const counts = Array.from({ length: grades }, () => new Array<number>(grades).fill(0));
  for (let k = 0; k < from.length; k++) {
    const row = counts[from[k]!];
    if (row?.[to[k]!] === undefined) {
      throw new MLOpsError(
        'INVALID_INPUT',
        `obligor ${k} goes from ${from[k]} to ${to[k]}; grades are 0 to ${grades - 1}`,
      );
    }
    row[to[k]!]!++;
  }
  return counts;
}

function bandwidth(counts: readonly (readonly number[])[], isCounted: (i: number, j: number) => boolean): number {
  const last = counts.length - 1;
  let moved = 0;
  let most = 0;
  counts.forEach((row, i) =>
    row.forEach((value, j) => {
      if (!isCounted(i, j)) return;
      moved += Math.abs(i - j) * value;
      most += Math.max(last - i, i) * value;
    }),
  );
  return most === 0 ? 0 : moved / most;
}
