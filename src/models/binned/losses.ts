import { quantiles } from '../../stats/quantile.js';

/** What boosting makes small. Scores are predictions before the link: log-odds for `log`. */
export interface Loss {
  /** Whether second derivatives differ from 1. */
  readonly hasHessians: boolean;
  /** The best score for all rows alike. */
  start(target: Float64Array): number;
  /** Writes the derivatives at the scores; `hessians` is empty when they are 1. */
  derive(target: Float64Array, scores: Float64Array, gradients: Float64Array, hessians: Float64Array): void;
  /** Mean over the rows. */
  mean(target: Float64Array, scores: Float64Array): number;
  /** The best step for rows with these residuals, where derivatives do not tell. */
  readonly solve?: (residuals: Float64Array) => number;
}

export const squaredLoss: Loss = {
  hasHessians: false,
  start: (target) => target.reduce((sum, value) => sum + value, 0) / target.length,
  derive(target, scores, gradients) {
    for (let i = 0; i < target.length; i++) gradients[i] = scores[i]! - target[i]!;
  },
  mean(target, scores) {
    let sum = 0;
    for (let i = 0; i < target.length; i++) sum += (scores[i]! - target[i]!) ** 2;
    return sum / target.length / 2;
  },
};

/** Errors weigh alpha where the score is too low and 1 − alpha where it is too high: least at the alpha-quantile. */
export const quantileLoss = (alpha: number): Loss => ({
  hasHessians: false,
  start: (target) => quantiles(target, [alpha])[0]!,
  derive(target, scores, gradients) {
    for (let i = 0; i < target.length; i++) gradients[i] = target[i]! >= scores[i]! ? -alpha : 1 - alpha;
  },
  mean(target, scores) {
    let sum = 0;
    for (let i = 0; i < target.length; i++) {
      const error = target[i]! - scores[i]!;
      sum += error >= 0 ? alpha * error : (alpha - 1) * error;
    }
    return sum / target.length;
  },
  solve: (residuals) => quantiles(residuals, [alpha])[0]!,
});

/** Absolute errors: twice the quantile loss at the median. */
export const absoluteLoss: Loss = {
  ...quantileLoss(0.5),
  derive(target, scores, gradients) {
    for (let i = 0; i < target.length; i++) gradients[i] = target[i]! >= scores[i]! ? -1 : 1;
  },
  mean: (target, scores) => 2 * quantileLoss(0.5).mean(target, scores),
};

/** The probability of log-odds. */
export const logistic = (score: number): number => 1 / (1 + Math.exp(-score));

/** Minus the log-likelihood of classes 0 and 1. */
export const logLoss: Loss = {
  hasHessians: true,
  start(target) {
    const n = target.length;
    const share = target.reduce((sum, value) => sum + value, 0) / n;
    const nearest = 1 / (2 * n + 2); // a class never seen is rare, not impossible
    const bounded = Math.min(1 - nearest, Math.max(nearest, share));
    return Math.log(bounded / (1 - bounded));
  },
  derive(target, scores, gradients, hessians) {
    for (let i = 0; i < target.length; i++) {
      const probability = logistic(scores[i]!);
      gradients[i] = probability - target[i]!;
      hessians[i] = probability * (1 - probability);
    }
  },
  mean(target, scores) {
    let sum = 0;
    for (let i = 0; i < target.length; i++) {
      const score = scores[i]!;
      sum += Math.log(1 + Math.exp(-Math.abs(score))) + Math.max(score, 0) - target[i]! * score;
    }
    return sum / target.length;
  },
};
