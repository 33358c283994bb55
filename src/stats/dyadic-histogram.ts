import { binOf as groupOf, deciles, edgesAt } from './histogram.js';
import { quantileRanks, quantilesFrom } from './quantile.js';

/** Most bins kept. */
const mostBins = 2048;

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/**
 * Counts of numbers in bins that are fixed for all data: doubles that agree but for their lowest `dropped` bits. `dropped`
 * is the least that leaves at most 2048 bins, so it and the counts depend on the values alone, not on their order or on
 * how they were divided into parts: merging is exact. Up to 2048 distinct values are kept as they are.
 */
export class DyadicHistogram {
  /** Counts by the bin's value of least magnitude; the bin of zero has both signs. */
  #counts = new Map<number, number>();
  #dropped = 0;

  /** The histogram that has these bins, as `bins` gave them. */
  static of(dropped: number, bins: Iterable<readonly [bin: number, count: number]>): DyadicHistogram {
    const histogram = new DyadicHistogram();
    histogram.#dropped = dropped;
    for (const [bin, count] of bins) histogram.#count(bin, count);
    return histogram;
  }

  /** Bits by which the values of one bin may differ. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Counts by bin, ascending. */
  bins(): [bin: number, count: number][] {
    return [...this.#counts].sort(([a], [b]) => a - b);
  }

  /** Counts values; NaN is left out. */
  add(values: Float64Array): void {
    for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i])) this.#count(values[i]!, 1);
  }

  merge(other: DyadicHistogram): void {
    this.#coarsen(other.#dropped);
    for (const [bin, count] of other.#counts) this.#count(bin, count);
  }

  /** The same counts in bins at least as coarse. */
  coarsened(dropped: number): DyadicHistogram {
    const copy = new DyadicHistogram();
    copy.#dropped = dropped;
    copy.merge(this);
    return copy;
  }

  #count(value: number, count: number): void {
    const bin = binOf(value, this.#dropped);
    this.#counts.set(bin, (this.#counts.get(bin) ?? 0) + count);
    while (this.#counts.size > mostBins) this.#coarsen(this.#dropped + 1);
  }

  #coarsen(dropped: number): void {
    if (dropped <= this.#dropped) return;
    this.#dropped = dropped;
    const finer = this.#counts;
    this.#counts = new Map();
    for (const [bin, count] of finer) {
      const coarser = binOf(bin, dropped);
      this.#counts.set(coarser, (this.#counts.get(coarser) ?? 0) + count);
    }
  }
}

/** The value with its lowest bits cleared; infinities keep a bin of their own. */
function binOf(value: number, dropped: number): number {
  if (dropped === 0 || !Number.isFinite(value)) return value + 0;
  double[0] = value;
  words[0] = dropped < 32 ? words[0]! & (0xffffffff << dropped) : 0;
  if (dropped > 32) words[1] = words[1]! & (0xffffffff << (dropped - 32));
  return double[0] + 0;
}

/** What two histograms say of the samples behind them. */
export interface HistogramComparison {
  readonly n: number;
  readonly m: number;
  /** Between these two lies the Kolmogorov–Smirnov distance of the samples; equal where bins hold one value each. */
  readonly ks: { readonly least: number; readonly greatest: number };
  /**
   * Counts in groups of bins that end at or just above the deciles of the reference. Where bins hold one value each, those
   * of `decileEdges`.
   */
  readonly referenceCounts: readonly number[];
  readonly currentCounts: readonly number[];
}

/**
 * Compares two histograms over their common bins. At the ends of bins both distribution functions are known exactly;
 * inside one they differ by at most what the counts allow.
 */
export function compareHistograms(reference: DyadicHistogram, current: DyadicHistogram): HistogramComparison {
  const dropped = Math.max(reference.dropped, current.dropped);
  const a = new Map(reference.coarsened(dropped).bins());
  const b = new Map(current.coarsened(dropped).bins());
  const total = (counts: Map<number, number>): number => [...counts.values()].reduce((sum, count) => sum + count, 0);
  const [n, m] = [total(a), total(b)];
  const edges = decileEdgesOf([...a], n);
  const referenceCounts = new Array<number>(edges.length + 1).fill(0);
  const currentCounts = referenceCounts.slice();
  let [i, j, least, greatest] = [0, 0, 0, 0];
  for (const bin of [...new Set([...a.keys(), ...b.keys()])].sort((x, y) => x - y)) {
    const [inA, inB] = [a.get(bin) ?? 0, b.get(bin) ?? 0];
    const isSingle = dropped === 0 || !Number.isFinite(bin);
    const inside = isSingle ? 0 : Math.max((i + inA) / n - j / m, (j + inB) / m - i / n);
    least = Math.max(least, Math.abs((i + inA) / n - (j + inB) / m));
    greatest = Math.max(greatest, least, inside);
    const group = groupOf(bin, edges);
    referenceCounts[group]! += inA;
    currentCounts[group]! += inB;
    i += inA;
    j += inB;
  }
  return { n, m, ks: { least, greatest: Math.min(1, greatest) }, referenceCounts, currentCounts };
}

/** `decileEdges` of values known by their bins, ascending. */
function decileEdgesOf(bins: readonly [bin: number, count: number][], n: number): Float64Array {
  let [next, below] = [0, 0];
  const ranks = quantileRanks(n, deciles);
  const atRank = new Map<number, number>();
  for (const rank of ranks.toSorted((x, y) => x - y)) {
    while (below + bins[next]![1] <= rank) below += bins[next++]![1];
    atRank.set(rank, bins[next]![0]);
  }
  const found = ranks.map((rank) => atRank.get(rank)!);
  return edgesAt(quantilesFrom(found, n, deciles));
}
