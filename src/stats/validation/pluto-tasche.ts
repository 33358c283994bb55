import { MLOpsError } from '../../errors.js';
import { betaQuantile } from '../distributions/beta.js';
import { binomialCdf } from '../distributions/binomial.js';
import { normalCdf, normalQuantile } from '../distributions/normal.js';
import { checkConfidence } from '../check-sample.js';
import { checkOptions } from '../../util/check.js';
import { checkDefaults } from './check-grades.js';

/** How sure the bounds of {@link plutoTasche} are to be, and how much defaults depend on each other. */
export interface PlutoTascheOptions {
  /** Of the upper bound; 0.75 unless told. */
  readonly confidence?: number;
  /** Correlation of the obligors' assets in the one-factor model; from 0, below 1. 0 unless told: independent. */
  readonly assetCorrelation?: number;
}

/**
 * Upper bounds of the PDs of a portfolio with few defaults or none: "most prudent estimation", in which no grade is worse
 * than the next, so that each is bounded with its own obligors and defaults and those of all worse grades. The bound is the
 * p that makes as few defaults happen with probability 1 − confidence. One period.
 *
 * Source: Pluto, Tasche, "Estimating probabilities of default for low default portfolios" (2005), sections 3 and 4.
 *
 * @param grades from the best to the worst
 * @returns a bound a grade, in their order
 * @throws MLOpsError `INVALID_INPUT`
 */
export function plutoTasche(
  grades: readonly { readonly obligors: number; readonly defaults: number }[],
  options: PlutoTascheOptions = {},
): readonly number[] {
  checkOptions(options, ['confidence', 'assetCorrelation'], 'plutoTasche');
  const { confidence = 0.75, assetCorrelation = 0 } = options;
  checkConfidence(confidence);
  if (!(assetCorrelation >= 0 && assetCorrelation < 1)) {
    throw new MLOpsError('INVALID_INPUT', `assetCorrelation is ${assetCorrelation}; expected at least 0 and below 1`);
  }
  grades.forEach(({ obligors, defaults }, i) => checkDefaults(obligors, defaults, `grade ${i}`));
  return grades.map((_, i) => {
    const pooled = grades.slice(i);
    const obligors = pooled.reduce((sum, grade) => sum + grade.obligors, 0);
    const defaults = pooled.reduce((sum, grade) => sum + grade.defaults, 0);
    if (defaults === obligors) return 1;
    return assetCorrelation === 0
      ? betaQuantile(confidence, defaults + 1, obligors - defaults)
      : correlatedBound(obligors, defaults, confidence, assetCorrelation);
  });
}

/** Bisection: the chance of few defaults falls as p grows. */
function correlatedBound(obligors: number, defaults: number, confidence: number, correlation: number): number {
  let low = normalQuantile(1e-12);
  let high = -low;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (chanceOfFew(obligors, defaults, middle, correlation) > 1 - confidence) low = middle;
    else high = middle;
  }
  return normalCdf((low + high) / 2);
}

/** ∫ φ(y)·P(X <= k | p(y)) dy, p(y) = Φ((Φ⁻¹(p) − √ρ·y)/√(1 − ρ)): the trapezoid rule, halved until it stands still. */
function chanceOfFew(obligors: number, defaults: number, threshold: number, correlation: number): number {
  const [root, rest] = [Math.sqrt(correlation), Math.sqrt(1 - correlation)];
  const density = (y: number): number =>
    (Math.exp((-y * y) / 2) / Math.sqrt(2 * Math.PI)) *
    binomialCdf(defaults, obligors, normalCdf((threshold - root * y) / rest));
  const reach = 9;
  let step = 0.5;
  let sum = 0;
  for (let y = -reach; y <= reach; y += step) sum += density(y);
  for (let integral = sum * step; ;) {
    for (let y = -reach + step / 2; y < reach; y += step) sum += density(y);
    step /= 2;
    const finer = sum * step;
    if (Math.abs(finer - integral) <= 1e-13 || step < 1e-4) return finer;
    integral = finer;
  }
}
