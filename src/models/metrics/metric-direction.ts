import { refuse } from '../../util/check.js';

const higherIsBetter = ['r2_score', 'accuracy', 'precision', 'recall', 'f1_score', 'roc_auc', 'pr_auc'];
const lowerIsBetter = ['mae', 'rmse', 'mape', 'pinball', 'log_loss', 'brier', 'calibration'];

/** Which way a metric is good. @throws MLOpsError `INVALID_INPUT` for a metric that is not known */
export function metricDirection(name: string): 'higher' | 'lower' {
  if (higherIsBetter.includes(name)) return 'higher';
  if (lowerIsBetter.includes(name)) return 'lower';
  return refuse(
    `metric ${JSON.stringify(name)} is unknown; known are ${[...higherIsBetter, ...lowerIsBetter].join(', ')}`,
  );
}
