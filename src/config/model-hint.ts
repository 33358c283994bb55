import { nearest } from '../util/nearest.js';
import type { Policy } from './policy.js';

/** What to add to a complaint about a model that the policy does not list: the listed one that was likely meant, or which are. */
export function modelHint({ models }: Pick<Policy, 'models'>, modelType: string): string {
  if (Object.hasOwn(models, modelType)) return '';
  const names = Object.keys(models);
  const meant = nearest(modelType, names);
  if (meant !== undefined) return `; did you mean the model ${meant}?`;
  return names.length === 0 ? '' : `; it lists ${names.slice(0, 10).join(', ')}${names.length > 10 ? ', …' : ''}`;
}
