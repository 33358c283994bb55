import type { VersionSelector } from '../../registry/lookups.js';
import type { ModelCardFacts } from '../../registry/model-card.js';
import type { ModelRegistry } from '../../registry/model-registry.js';

/** What a card is made from, through the public registry. @throws MLOpsError `NOT_FOUND` */
export async function cardFacts(
  registry: ModelRegistry,
  modelName: string,
  selector: VersionSelector,
): Promise<ModelCardFacts> {
  const version = await registry.getModelVersion(modelName, selector);
  const [gates, history] = await Promise.all([
    registry.checkGates(modelName, version.version),
    registry.getHistory(modelName),
  ]);
  return { version, gates, history: history.filter((event) => event.version === version.version) };
}
