import type { Storage } from '../../storage/storage.js';

/**
 * What an operation reaches: certain models; `store`, all models or what belongs to none; `self`, only what the caller
 * holds himself. A binding for certain models permits the first and the last.
 */
export type Scope = { readonly model: string } | { readonly models: readonly string[] } | 'store' | 'self';

/** A scope, or how to find it: looked for only when it decides something. */
export type ScopeSource = Scope | ((storage: Storage) => Promise<Scope>);

/** The scope of calls that may be told a model: without one they reach all of them. */
export const modelOrStore = (modelName: string | undefined): Scope =>
  modelName === undefined ? 'store' : { model: modelName };

/** Experiments count as the model of their name, those of its trainings as well (`<model>_training`, `<model>_retraining`). */
export const experimentScope = (experimentName: string): { readonly model: string } => ({
  model: experimentName.replace(/_(re)?training$/, ''),
});

/** The scope that a stored record tells of; one that is not there, or tells of none, could be anybody's. */
export const scopeOfRecord =
  (collection: string, id: string, scopeOf: (value: never) => Scope): ScopeSource =>
  async (storage) => {
    const record = await storage.get(collection, id);
    return record === undefined ? 'store' : scopeOf(record.value as never); // as what was stored there;
  };

/** The models a scope names; undefined for those that name none. */
export function modelsOf(scope: Scope): readonly string[] | undefined {
  if (typeof scope === 'string') return undefined;
  return 'model' in scope ? [scope.model] : scope.models;
}

export function sayScope(scope: Scope): string {
  const models = modelsOf(scope);
  if (models !== undefined) return models.join(', ');
  return scope === 'store' ? 'the whole store' : 'oneself';
}
