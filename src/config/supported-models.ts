import { refuse } from '../util/check.js';
import { nearest } from '../util/nearest.js';
import type { Policy } from './policy.js';

/** The model types of a bond business that come to mind first: a policy that leaves it at these restricts nothing. */
export const usualModelTypes = ['spread', 'downgrade', 'liquidity_shock', 'anomaly'] as const;

/** @throws MLOpsError `INVALID_INPUT` when the policy lists model types of its own, and this is none of them */
export function checkModelType({ supportedModels, models }: Policy, modelType: string): string {
  const sections = Object.keys(models);
  const supported = [...supportedModels, ...sections];
  const isUsual =
    supportedModels.length === usualModelTypes.length &&
    usualModelTypes.every((type) => supportedModels.includes(type));
  if (isUsual || supported.includes(modelType)) return modelType;
  const others = sections.length > 0 ? `; sections under models: ${sections.join(', ')}` : '';
  const meant = nearest(modelType, supported);
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  return refuse(
    `the policy supports no models of type ${modelType} (supported_models: ${supportedModels.join(', ')}${others}); add it to supported_models${hint}`,
  );
}
