import { normal975, studentT975 } from './distributions/student-t.js';

/** Which rows depend on each other: the cluster of each row, numbered from 0. */
export interface Clusters {
  readonly codes: Int32Array;
  readonly count: number;
}

/**
 * How many independent rows say as much about the shares of bins as these clustered ones do: rows / design effect. The
 * design effect of a share p is its variance between clusters, G/(G − 1)·Σ(n_cb − n_c·p)²/n² over G clusters, divided by
 * p(1 − p)/n (Kish 1965). Since G clusters tell that variance only roughly, it is enlarged by (t/z)², the squared ratio of
 * the 97.5% points of Student's t and of the normal distribution; degrees of freedom are n²/Σnᶜ² − 1 over the sizes of the
 * clusters, at least 1, which is G − 1 where sizes are equal. Never more than the rows; at least 1.
 *
 * - `cumulative`: bins are ordered, and the largest design effect of the shares up to each edge counts, since a
 *   Kolmogorov–Smirnov distance may be attained anywhere.
 * - `each`: bins are categories; the mean of their design effects weighted by 1 − p (Rao & Scott 1981).
 *
 * @param bins the bin of each row, from 0; −1 is missing
 */
export function effectiveSize(
  bins: Int32Array,
  binCount: number,
  clusters: Clusters,
  shares: 'cumulative' | 'each',
): number {
  const sizes = new Float64Array(clusters.count);
  const counts = new Int32Array(clusters.count * binCount);
  let n = 0;
  for (let row = 0; row < bins.length; row++) {
    if (bins[row]! < 0) continue;
    const cluster = clusters.codes[row]!;
    sizes[cluster]!++;
    counts[cluster * binCount + bins[row]!]!++;
    n++;
  }
  const used = sizes.reduce((sum, size) => sum + (size > 0 ? 1 : 0), 0);
  if (used === n || n === 0) return n;
  if (used === 1) return 1;
  // Clusters of one size that would tell as much (Kish 1965): a few large ones tell little, however many small ones there are.
  const equal = n ** 2 / sizes.reduce((sum, size) => sum + size ** 2, 0);
  const effects = designEffects(counts, sizes, binCount, shares === 'cumulative', { n, used });
  if (effects.length === 0) return used; // a single value: nothing tells how alike the rows of a cluster are
  const weight = effects.reduce((sum, { share }) => sum + (1 - share), 0);
  const effect =
    shares === 'cumulative'
      ? Math.max(...effects.map(({ effect: own }) => own))
      : effects.reduce((sum, { effect: own, share }) => sum + own * (1 - share), 0) / weight;
  return Math.max(1, n / Math.max(1, effect * uncertainty(Math.max(1, equal - 1))));
}

/** Of every share strictly between 0 and 1. */
function designEffects(
  counts: Int32Array,
  sizes: Float64Array,
  binCount: number,
  isCumulative: boolean,
  { n, used }: { readonly n: number; readonly used: number },
): { readonly share: number; readonly effect: number }[] {
  const inBin = new Float64Array(sizes.length);
  const found: { share: number; effect: number }[] = [];
  for (let bin = 0; bin < binCount; bin++) {
    let total = 0;
    for (let cluster = 0; cluster < sizes.length; cluster++) {
      const count = counts[cluster * binCount + bin]!;
      inBin[cluster] = isCumulative ? inBin[cluster]! + count : count;
      total += inBin[cluster]!;
    }
    const share = total / n;
    if (share === 0 || share === 1) continue;
    let squares = 0;
    for (let cluster = 0; cluster < sizes.length; cluster++) {
      squares += (inBin[cluster]! - sizes[cluster]! * share) ** 2;
    }
    found.push({ share, effect: ((used / (used - 1)) * squares) / (n * share * (1 - share)) });
  }
  return found;
}

/** Clusters of one size that would tell as much as these (Kish 1965): a few large ones tell little, however many small ones. */
export function equalClusters(codes: Int32Array): number {
  const sizes = new Map<number, number>();
  for (const code of codes) sizes.set(code, (sizes.get(code) ?? 0) + 1);
  let squares = 0;
  for (const size of sizes.values()) squares += size * size;
  return codes.length ** 2 / squares;
}

/**
 * How much the variance of a mean grows since rows of one cluster go together: the design effect 1 + (k − 1)ρ (Kish 1965), k
 * being the size of the cluster that a row is in, on average, in either sample, whichever is larger. ρ is the correlation of two
 * errors of one cluster in the first sample, 1 where no cluster has two; (t/z)² is for how roughly that is known, as above.
 *
 * @param errors of the first sample
 * @param clusters of its rows
 * @param others the clusters of the second sample's rows
 */
export function varianceGrowth(errors: Float64Array, clusters: Int32Array, others: Int32Array): number {
  const n = errors.length;
  const mean = errors.reduce((sum, error) => sum + error, 0) / n;
  const sums = new Map<number, number>();
  let squares = 0;
  errors.forEach((error, i) => {
    sums.set(clusters[i]!, (sums.get(clusters[i]!) ?? 0) + (error - mean));
    squares += (error - mean) ** 2;
  });
  let between = 0;
  for (const sum of sums.values()) between += sum * sum;
  const equal = equalClusters(clusters);
  const own = n / equal;
  const effect = squares > 0 ? ((sums.size / Math.max(1, sums.size - 1)) * between) / squares : 1;
  const correlation = own > 1 ? Math.max(0, Math.min(1, (effect - 1) / (own - 1))) : 1;
  const size = Math.max(own, others.length / equalClusters(others));
  return size > 1 ? (1 + (size - 1) * correlation) * uncertainty(Math.max(1, equal - 1)) : 1;
}

/** (t/z)² at 97.5%. */
export const uncertainty = (degreesOfFreedom: number): number => (studentT975(degreesOfFreedom) / normal975) ** 2;
