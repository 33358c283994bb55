import { nearest } from '../util/nearest.js';
import type { Policy } from './policy.js';

/** What to add to a complaint about a model that the policy does not list: the listed one that was likely meant. */
export function modelHint({ models }: Pick<Policy, 'models'>, modelType: string): string {
  if (Object.hasOwn(models, modelType)) return '';
  const meant = nearest(modelType, Object.keys(models));
  return meant === undefined ? '' : `; did you mean the model ${meant}?`;
}
