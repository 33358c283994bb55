import { type StoredModel, modelsCollection } from '../../../registry/model-record.js';
import type { Storage } from '../../../storage/storage.js';

export interface ProductionModel {
  readonly modelName: string;
  readonly version: string;
}

/** Models with a version in production. */
export async function productionModels(storage: Storage): Promise<readonly ProductionModel[]> {
  const found: ProductionModel[] = [];
  let cursor: string | undefined;
  do {
    const page = await storage.query(modelsCollection, { limit: 500, ...(cursor !== undefined && { cursor }) });
    for (const { value } of page.records) {
      const { modelName, production } = value as unknown as StoredModel;
      if (production !== null) found.push({ modelName, version: production });
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}
