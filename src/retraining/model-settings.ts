import { modelHint } from '../config/model-hint.js';
import type { MLOpsConfig } from '../config/mlops-config.js';
import type { Policy } from '../config/policy.js';
import { chooseAlgorithm } from '../models/choose-algorithm.js';
import { checkFeatures, refuse } from '../util/check.js';
import type { JsonObject } from '../util/json.js';

/**
 * The columns of a model: what the caller says, else what the policy says.
 *
 * @throws MLOpsError `INVALID_INPUT` when nobody says, or the target is among the features
 */
export function modelColumns(
  config: MLOpsConfig,
  modelType: string,
  told: { readonly featureColumns?: readonly string[]; readonly targetColumn?: string },
): { readonly featureColumns: readonly string[]; readonly targetColumn: string } {
  config.checkModelType(modelType);
  const policy = config.modelPolicy(modelType);
  const featureColumns = checkFeatures(told.featureColumns ?? policy.featureColumns);
  if (featureColumns.length === 0) {
    const hint = modelHint(config.policy, modelType);
    refuse(`no feature columns: pass them, or list models.${modelType}.feature_columns in the policy${hint}`);
  }
  const targetColumn = told.targetColumn ?? policy.targetColumn;
  if (targetColumn === null) {
    refuse(`no target column: pass it, or set models.${modelType}.target_column in the policy`);
  }
  if (featureColumns.includes(targetColumn)) {
    refuse(`the target ${targetColumn} is among the features; a model must not see it`);
  }
  return { featureColumns, targetColumn };
}

/** The algorithm that is meant: `auto` goes by the rows and the constraints. */
export const algorithmFor = (
  told: string,
  rowCount: number,
  constraints: Parameters<typeof chooseAlgorithm>[1],
): string => (told === 'auto' ? chooseAlgorithm(rowCount, constraints) : told);

/** Where boosting holds validation rows back, `retraining.early_stopping_patience` says when it stops unless it is told. */
export function withPatience(
  hyperparameters: JsonObject,
  algorithm: string,
  { earlyStoppingPatience }: Policy['retraining'],
): JsonObject {
  const stops = algorithm === 'gradient_boosting' && Number(hyperparameters['validation_size'] ?? 0) > 0;
  return stops ? { early_stopping_patience: earlyStoppingPatience, ...hyperparameters } : hyperparameters;
}
