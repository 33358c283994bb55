import { checkFraction } from '../util/check.js';

/** How far a sequence of batches of tests has come. */
export interface OnlineTests {
  /** Batches tested. */
  readonly batches: number;
  /** Hypotheses rejected in them. */
  readonly rejections: number;
}

/** What became of one batch. */
export interface OnlineBatch {
  /** What each p-value of the batch is compared with: those at most this are rejected. */
  readonly level: number;
  readonly rejections: number;
}

/**
 * The next batch of a sequence of tests that never ends, so that after every batch the expected share of false ones among
 * all hypotheses rejected so far is at most α, whatever the dependence of the p-values within a batch and between batches.
 * Each has to be a p-value by itself only.
 *
 * This is reshaped LOND (Zrnic, Ramdas & Jordan, "Asynchronous online testing of multiple hypotheses", JMLR 22, 2021; LOND
 * is that of Javanmard & Montanari 2015) with γₜ = 1/(t(t+1)), shared by the m hypotheses of batch t, and the shape
 * β(r) = Σⱼ≤ᵣ j·νⱼ of Blanchard & Roquain ("Two simple sufficient conditions for FDR control", EJS 2, 2008) with
 * νⱼ = 1/(j(j+1)): β(r) = ½ + ⅓ + … + 1/(r+1). Rejected is the largest number k of the batch whose p-values are at most
 * α·γₜ/m·β(R + k), R being rejected before: their Lemma 3.2 bounds E[1{p ≤ cβ(V)}/V] by c for every V > 0 that may depend on
 * p in any way, here V = R + k; the sum of c over all hypotheses is α·Σγₜ = α.
 *
 * @param pValues of one batch, in any order; at least one
 * @throws MLOpsError `INVALID_INPUT` for a p-value or an α outside [0, 1]
 */
export function onlineStepUp(pValues: readonly number[], before: OnlineTests, alpha: number): OnlineBatch {
  checkFraction(alpha, 'alpha');
  const ascending = pValues.map((p, i) => checkFraction(p, `pValues[${i}]`)).sort((a, b) => a - b);
  const t = before.batches + 1;
  const share = alpha / (t * (t + 1) * ascending.length);
  let shape = 0;
  for (let j = 1; j <= before.rejections; j++) shape += 1 / (j + 1);
  let level = share * (shape + 1 / (before.rejections + 2));
  let rejections = 0;
  ascending.forEach((p, i) => {
    shape += 1 / (before.rejections + i + 2);
    if (p > share * shape) return;
    level = share * shape;
    rejections = i + 1;
  });
  return { level, rejections };
}
