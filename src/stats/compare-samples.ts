import { addPart, addValue, finishArea, signsInBuckets, startArea } from './ecdf-area.js';
import { searchBuckets, searchPart, searchValue, startSearch } from './ecdf-extremes.js';
import { deciles, decileEdges, edgesAt, histogram } from './histogram.js';
import { type KsResult, ksFromExtremes, ksTwoSample } from './ks.js';
import { orderStatistics } from './order-statistics.js';
import { quantileRanks, quantilesFrom } from './quantile.js';
import { type Gathered, type SampleScan, gatherSample, scanSample } from './sample-passes.js';
import { type SharedBuckets, bucketOf, placeBuckets } from './shared-buckets.js';
import { smallestScale, wasserstein1, wassersteinNormalized } from './wasserstein.js';

/** Statistics of two samples of numbers, each with at least one value. */
export interface SampleComparison {
  /** Values present on either side. */
  readonly n: number;
  readonly m: number;
  readonly ks: KsResult;
  /** In the unit of the values, and in standard deviations of the reference; Infinity as of `wasserstein1`. */
  readonly wasserstein: { readonly value: number; readonly normalized: number };
  /** The reference's deciles ({@link decileEdges}) and the counts between them ({@link histogram}). */
  readonly edges: Float64Array;
  readonly referenceCounts: readonly number[];
  readonly currentCounts: readonly number[];
  readonly infinite: { readonly reference: number; readonly current: number };
  /** Least and greatest reference value, and how many current values lie outside them. */
  readonly lowest: number;
  readonly highest: number;
  readonly outside: number;
}

/** Below this many values in all, each statistic is computed by itself. */
const sharedFrom = 8192;

/**
 * Two-sample Kolmogorov–Smirnov test, Wasserstein-1 distance and counts between the reference's deciles, all from two
 * passes over each sample and one set of buckets; NaN is missing. The numbers are those of {@link ksTwoSample},
 * {@link wasserstein1}, {@link decileEdges} and {@link histogram}, bit for bit (the standard deviation to rounding).
 *
 * The first pass counts values in buckets. Counts alone decide almost everywhere: which buckets may hold the largest
 * difference, in which the sign of the difference may change, which hold a decile. The second pass sums the values of the
 * others and collects the elements of those few.
 *
 * @throws MLOpsError `INVALID_INPUT` for a sample without values
 */
export function compareSamples(reference: Float64Array, current: Float64Array): SampleComparison {
  const buckets = reference.length + current.length < sharedFrom ? undefined : placeBuckets(reference, current);
  if (buckets === undefined) return compareOneByOne(reference, current);
  const a = scanSample(reference, buckets);
  const b = scanSample(current, buckets);
  if (a.present === 0 || b.present === 0 || !Number.isFinite(a.mean + b.mean))
    return compareOneByOne(reference, current);
  return compareInBuckets(buckets, a, b);
}

function compareInBuckets(buckets: SharedBuckets, a: SampleScan, b: SampleScan): SampleComparison {
  const n = a.present;
  const m = b.present;
  const search = startSearch(n, m, 'both');
  const mayBeExtreme = searchBuckets(search, a.counts, b.counts, 0, 0);
  const largest = Math.max(Math.abs(a.lowest), Math.abs(a.highest), Math.abs(b.lowest), Math.abs(b.highest));
  const area = startArea(largest, { n, m });
  const { signs, mixed } = signsInBuckets(area, a.counts, b.counts, 0, 0);
  const ranks = quantileRanks(n, deciles);
  const holdsDecile = bucketsOfRanks(a.counts, ranks);
  const wanted = mayBeExtreme.map((flag, k) => flag | mixed[k]! | holdsDecile[k]!);
  const ends = { lowest: bucketOf(a.lowest, buckets), highest: bucketOf(a.highest, buckets) };
  wanted[ends.lowest] = 1;
  wanted[ends.highest] = 1;

  const inA = gatherSample({ buckets, scan: a, wanted, signs, area, weight: -m });
  const inB = gatherSample({ buckets, scan: b, wanted, signs, area, weight: n });
  let i = 0;
  let j = 0;
  for (let k = 0; k < buckets.count; k++) {
    for (const step of mayBeExtreme[k] === 1 || mixed[k] === 1 ? stepsOf(k, buckets.atoms[k]!, inA, inB) : []) {
      const [x, y] = [i + step.i, j + step.j];
      if ('atom' in step) {
        if (mayBeExtreme[k] === 1) searchValue(search, step.atom, x + step.inA, y + step.inB, step.inA);
        if (mixed[k] === 1) addValue(area, step.atom, { i: x, j: y }, { i: step.inA, j: step.inB });
      } else {
        if (mayBeExtreme[k] === 1) searchPart(search, step.a, step.b, x, y);
        if (mixed[k] === 1) addPart(area, step.a, step.b, x, y);
      }
    }
    i += a.counts[k]!;
    j += b.counts[k]!;
  }
  const distance = finishArea(area);
  const edges = edgesAt(quantilesFrom(valuesAtRanks(inA, a.counts, ranks, buckets.atoms), n, deciles));
  return {
    n,
    m,
    ks: ksFromExtremes(search, n, m),
    wasserstein: { value: distance, normalized: distance / Math.max(Math.sqrt(inA.variance), smallestScale) },
    edges,
    referenceCounts: countBetween(edges, buckets, a.counts, wanted, inA, n),
    currentCounts: countBetween(edges, buckets, b.counts, wanted, inB, m),
    infinite: { reference: 0, current: 0 },
    lowest: a.lowest,
    highest: a.highest,
    outside: countOutside(a, ends, b.counts, inB, buckets.atoms),
  };
}

/** A stretch of a bucket: values to look into, or one value so many times. i and j of the bucket lie below it. */
type Step = { readonly i: number; readonly j: number } & (
  | { readonly a: Float64Array; readonly b: Float64Array }
  | { readonly atom: number; readonly inA: number; readonly inB: number }
);

/** A bucket in order: what lies below the value counted apart, that value, what lies above. */
function stepsOf(k: number, atom: number, inA: Gathered, inB: Gathered): readonly Step[] {
  const [a, b] = [inA.part(k), inB.part(k)];
  const at = { inA: inA.apart(k), inB: inB.apart(k) };
  if (at.inA + at.inB === 0) return [{ i: 0, j: 0, a, b }];
  const isBelow = (value: number): boolean => value < atom;
  const isAbove = (value: number): boolean => value > atom;
  const [belowA, belowB] = [a.filter(isBelow), b.filter(isBelow)];
  return [
    { i: 0, j: 0, a: belowA, b: belowB },
    { i: belowA.length, j: belowB.length, atom, ...at },
    { i: belowA.length + at.inA, j: belowB.length + at.inB, a: a.filter(isAbove), b: b.filter(isAbove) },
  ];
}

/** Marks the buckets of values at the ranks, and all between the two ranks of a pair: a quantile may lie there. */
function bucketsOfRanks(counts: Int32Array, ranks: readonly number[]): Uint8Array {
  const holds = new Uint8Array(counts.length);
  for (let pair = 0; pair < ranks.length; pair += 2) {
    let k = 0;
    for (let below = 0; below + counts[k]! <= ranks[pair]!; k++) below += counts[k]!;
    holds[k] = 1;
    if (ranks[pair + 1] === ranks[pair]) continue;
    let through = 0;
    for (let l = 0; l <= k; l++) through += counts[l]!;
    while (through <= ranks[pair + 1]!) {
      through += counts[++k]!;
      holds[k] = 1;
    }
  }
  return holds;
}

function valuesAtRanks(
  gathered: Gathered,
  counts: Int32Array,
  ranks: readonly number[],
  atoms: Float64Array,
): number[] {
  const wantedRanks = [...new Set(ranks)].sort((x, y) => x - y);
  const found = new Map<number, number>();
  let k = 0;
  let below = 0;
  for (let next = 0; next < wantedRanks.length;) {
    while (below + counts[k]! <= wantedRanks[next]!) below += counts[k++]!;
    const first = next;
    while (next < wantedRanks.length && wantedRanks[next]! < below + counts[k]!) next++;
    const part = gathered.part(k);
    // Ranks are below, at or above the value counted apart.
    const [atom, apart] = [atoms[k]!, gathered.apart(k)];
    const under = apart === 0 ? part.length : part.reduce((sum, value) => sum + (value < atom ? 1 : 0), 0);
    const own = wantedRanks.slice(first, next);
    const others = own.filter((rank) => rank - below < under || rank - below >= under + apart);
    const inside = orderStatistics(
      part,
      others.map((rank) => (rank - below < under ? rank - below : rank - below - apart)),
    );
    for (const rank of own) found.set(rank, atom);
    others.forEach((rank, i) => found.set(rank, inside[i]!));
  }
  return ranks.map((rank) => found.get(rank)!);
}

/** As {@link histogram}: buckets below an edge count as a whole, the edge's own by its elements. */
function countBetween(
  edges: Float64Array,
  buckets: SharedBuckets,
  counts: Int32Array,
  wanted: Uint8Array,
  gathered: Gathered,
  total: number,
): number[] {
  let k = 0;
  let below = 0;
  let before = 0;
  const bins = Array.from(edges, (edge) => {
    const place = bucketOf(edge, buckets);
    while (k < place) below += counts[k++]!;
    // A bucket that holds a decile is wanted; one that is not holds values below the edge only.
    let upTo = below + (wanted[place] === 1 ? 0 : counts[place]!);
    if (wanted[place] === 1) {
      if (buckets.atoms[place]! <= edge) upTo += gathered.apart(place);
      for (const value of gathered.part(place)) if (value <= edge) upTo++;
    }
    const inBin = upTo - before;
    before = upTo;
    return inBin;
  });
  return [...bins, total - before];
}

/** How many current values lie below the least or above the greatest reference value. */
function countOutside(
  { lowest, highest }: SampleScan,
  ends: { readonly lowest: number; readonly highest: number },
  counts: Int32Array,
  gathered: Gathered,
  atoms: Float64Array,
): number {
  const isOutside = (value: number): boolean => value < lowest || value > highest;
  let outside = 0;
  for (let k = 0; k < ends.lowest; k++) outside += counts[k]!;
  for (let k = ends.highest + 1; k < counts.length; k++) outside += counts[k]!;
  for (const k of new Set([ends.lowest, ends.highest])) {
    if (isOutside(atoms[k]!)) outside += gathered.apart(k);
    for (const value of gathered.part(k)) if (isOutside(value)) outside++;
  }
  return outside;
}

function compareOneByOne(reference: Float64Array, current: Float64Array): SampleComparison {
  const before = present(reference);
  const after = present(current);
  const edges = decileEdges(before);
  let lowest = Infinity;
  let highest = -Infinity;
  for (const value of before) {
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  return {
    n: before.length,
    m: after.length,
    ks: ksTwoSample(before, after),
    wasserstein: { value: wasserstein1(before, after), normalized: wassersteinNormalized(before, after) },
    edges,
    referenceCounts: histogram(before, edges),
    currentCounts: histogram(after, edges),
    infinite: { reference: countInfinite(before), current: countInfinite(after) },
    lowest,
    highest,
    outside: after.reduce((count, value) => count + (value < lowest || value > highest ? 1 : 0), 0),
  };
}

const present = (values: Float64Array): Float64Array => values.filter((value) => !Number.isNaN(value));

const countInfinite = (values: Float64Array): number =>
  values.reduce((count, value) => count + (Math.abs(value) === Infinity ? 1 : 0), 0);
