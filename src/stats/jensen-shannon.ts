import { checkSameLength, totalCount } from './check-sample.js';
import { checkOptionalOneOf, checkOptions } from '../util/check.js';

/**
 * Jensen–Shannon distance of two lists of counts over the same categories: √(½KL(p‖m) + ½KL(q‖m)), m = (p + q)/2. The
 * square root is a metric (Endres & Schindelin 2003). In nats it is at most √ln 2 = 0.8326, in bits at most 1; empty
 * categories need no filling. As scipy.spatial.distance.jensenshannon.
 *
 * @param options unit of the divergence under the root; nats unless told
 * @throws MLOpsError `INVALID_INPUT` for lists of different length, invalid counts, or nothing counted
 */
export function jensenShannon(
  referenceCounts: ArrayLike<number>,
  currentCounts: ArrayLike<number>,
  options: { readonly unit?: 'nats' | 'bits' } = {},
): number {
  checkOptions(options, ['unit'], 'jensenShannon');
  checkOptionalOneOf(options.unit, ['nats', 'bits'], 'unit');
  checkSameLength(referenceCounts, currentCounts, 'referenceCounts and currentCounts');
  const n = totalCount(referenceCounts, 'referenceCounts');
  const m = totalCount(currentCounts, 'currentCounts');
  let divergence = 0;
  for (let i = 0; i < referenceCounts.length; i++) {
    const p = referenceCounts[i]! / n;
    const q = currentCounts[i]! / m;
    divergence += categoryDivergence(p, q);
  }
  const scale = options.unit === 'bits' ? Math.LN2 : 1;
  return Math.sqrt(Math.max(0, divergence) / scale);
}

/**
 * ½p ln(p/m) + ½q ln(q/m). With d = (p − q)/(p + q) it is ¼(p + q)·[ln(1 − d²) + d·(ln(1 + d) − ln(1 − d))], which hardly
 * cancels when p is near q.
 */
function categoryDivergence(p: number, q: number): number {
  if (p === 0 || q === 0) return ((p + q) / 2) * Math.LN2;
  const d = (p - q) / (p + q);
  return ((p + q) / 4) * (Math.log1p(-d * d) + d * (Math.log1p(d) - Math.log1p(-d)));
}
