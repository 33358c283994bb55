import { normalQuantile } from './distributions/normal.js';
import { studentTSf } from './distributions/student-t.js';

/** Observations and their sum by cluster; equal lengths. */
export interface ClusterSums {
  readonly counts: Float64Array;
  readonly sums: Float64Array;
}

/** One period in which the share of traffic was constant. */
export interface Stratum {
  readonly canary: ClusterSums;
  readonly production: ClusterSums;
}

export interface StratifiedDifference {
  /** Weighted mean over strata of (mean of canary − factor · mean of production). */
  readonly estimate: number;
  readonly standardError: number;
  /** Intrinsic time: Σ n_c·n_p/(n_c + n_p), in observations. */
  readonly information: number;
  /** estimate/standardError, moved from Student's t to the normal scale; 0 where nothing can be said. */
  readonly z: number;
  readonly canaryCount: number;
  readonly productionCount: number;
}

/**
 * Difference of two arms' means when traffic shares change and observations of one cluster depend on each other.
 *
 * Means are compared inside each stratum only and weighted by h = n_c·n_p/(n_c + n_p), which makes the weighted sum a
 * martingale in time whatever the base rate does. Its variance is Σ_g U_g² over the clusters g,
 * U_g = Σ_s h_s·(r_c,g/n_c − factor·r_p,g/n_p), r the cluster's sum minus the mean times its count, each arm's residuals
 * scaled by √(m/(m−1)), m its clusters (Liang & Zeger 1986; linearized ratio means, Cochran 1977, 2.11). The variance's
 * degrees of freedom are Satterthwaite's from its own fourth moments, so few or very unequal clusters widen it.
 *
 * @param floor value of one imagined further observation an arm; keeps the error of a rate above 0 where no event or
 *   nothing but events were seen
 * @param isGuarded whether the smaller arm is taken to vary at least as much as the larger one does at the boundary. Few
 *   observations, or few clusters, have often not seen what is rare and large: then their mean is too low and their own
 *   variance far too small, both at once
 */
export function stratifiedDifference(
  strata: readonly Stratum[],
  factor: number,
  floor = 0,
  isGuarded = false,
): StratifiedDifference {
  const clusters = new Float64Array(Math.max(0, ...strata.map(({ canary }) => canary.counts.length)));
  let [weighted, information, canaryCount, productionCount] = [0, 0, 0, 0];
  const own = { canary: 0, production: 0 };
  const likeOther = { canary: 0, production: 0 };
  for (const stratum of strata) {
    const canary = armMean(stratum.canary);
    const production = armMean(stratum.production);
    if (canary.clusters < 2 || production.clusters < 2) continue;
    const h = (canary.count * production.count) / (canary.count + production.count);
    weighted += h * (canary.mean - factor * production.mean);
    information += h;
    canaryCount += canary.count;
    productionCount += production.count;
    const ofCanary = addResiduals(clusters, stratum.canary, canary, h / canary.count);
    const ofProduction = addResiduals(clusters, stratum.production, production, (-h * factor) / production.count);
    own.canary += ofCanary;
    own.production += ofProduction;
    likeOther.canary += (ofProduction * production.count) / canary.count;
    likeOther.production += (ofCanary * canary.count) / production.count;
  }
  const imagined = information * floor * Math.hypot(1 / canaryCount, factor / productionCount);
  const { variance, degreesOfFreedom } = clusterVariance(clusters);
  const smaller = canaryCount <= productionCount ? 'canary' : 'production';
  const unseen = isGuarded ? Math.max(0, likeOther[smaller] - own[smaller]) : 0;
  const total = variance + unseen + (canaryCount > 0 && productionCount > 0 ? imagined * imagined : 0);
  const z = total > 0 ? normalScale(weighted / Math.sqrt(total), degreesOfFreedom) : 0;
  return {
    estimate: information > 0 ? weighted / information : 0,
    standardError: information > 0 ? Math.sqrt(total) / information : 0,
    information,
    z,
    canaryCount,
    productionCount,
  };
}

interface ArmMean {
  readonly count: number;
  readonly mean: number;
  readonly clusters: number;
}

function armMean({ counts, sums }: ClusterSums): ArmMean {
  let [count, sum, clusters] = [0, 0, 0];
  counts.forEach((n, g) => {
    count += n;
    sum += sums[g]!;
    if (n > 0) clusters++;
  });
  return { count, mean: sum / count, clusters };
}

/** @returns the sum of their squares */
function addResiduals(into: Float64Array, { counts, sums }: ClusterSums, arm: ArmMean, weight: number): number {
  const scale = weight * Math.sqrt(arm.clusters / (arm.clusters - 1));
  let squares = 0;
  counts.forEach((n, g) => {
    if (n === 0) return;
    const residual = scale * (sums[g]! - arm.mean * n);
    into[g]! += residual;
    squares += residual * residual;
  });
  return squares;
}

/** Σ U² and the degrees of freedom 2V²/(ΣU⁴ − V²/G), which are G for normal U. */
function clusterVariance(clusters: Float64Array): { variance: number; degreesOfFreedom: number } {
  let [variance, fourth, occupied] = [0, 0, 0];
  for (const u of clusters) {
    variance += u * u;
    fourth += u ** 4;
    if (u !== 0) occupied++;
  }
  const spread = fourth - variance ** 2 / occupied;
  const satterthwaite = spread > 0 ? (2 * variance ** 2) / spread : Infinity;
  return { variance, degreesOfFreedom: Math.max(1, Math.min(occupied - 1, satterthwaite)) };
}

/** Beyond this many standard errors both scales say the same: proof. */
const farthest = 37;

/** The standard normal value with the same tail probability as t. */
function normalScale(t: number, degreesOfFreedom: number): number {
  const tail = studentTSf(Math.abs(t), degreesOfFreedom);
  return Math.sign(t) * (tail > 0 ? Math.min(farthest, Math.abs(normalQuantile(tail))) : farthest);
}
