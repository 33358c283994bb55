import { toTable } from '../../data/table.js';
import { csvLines } from '../../data/write-csv.js';
import { ControlPlane } from '../../governance/control-plane.js';
import type { ModelRegistry } from '../../registry/model-registry.js';
import { type StoredInventoryEntry, inventoryCollection, viewEntry } from '../../registry/inventory/inventory-entry.js';
import { type StoredModel, modelsCollection } from '../../registry/model-record.js';
import { contextOf } from '../../runtime/context.js';
import { deepFreeze } from '../../util/freeze.js';
import { listItems } from './stored-items.js';

/** One line of the inventory: a model that is in it, or one that serves and is not (`orphan`). Times are ISO 8601, UTC. */
export interface InventoryRow {
  readonly model: string;
  readonly status: 'current' | 'overdue' | 'never_validated' | 'orphan' | 'rejected';
  readonly tier: number | null;
  readonly owner: string | null;
  readonly purpose: string | null;
  readonly measures: string | null;
  readonly production: string | null;
  readonly lastValidation: string | null;
  readonly validatedBy: string | null;
  readonly nextReview: string | null;
}

/** The inventory beside what really serves, by name. */
export async function exportInventory(registry: ModelRegistry): Promise<readonly InventoryRow[]> {
  const { config, clock } = contextOf(registry);
  return new ControlPlane(contextOf(registry)).access('compliance.read', 'store', async (storage) => {
    const entries = await listItems<StoredInventoryEntry>(storage, inventoryCollection);
    const models = await listItems<StoredModel>(storage, modelsCollection);
    const known = new Map(entries.map((entry) => [entry.modelName, entry]));
    const rows = models.flatMap((model): InventoryRow[] => {
      const entry = known.get(model.modelName);
      if (entry !== undefined) return [rowOf(entry, model, config.policy.compliance, clock.now())];
      return model.production === null && model.canary === null ? [] : [orphanRow(model)];
    });
    return deepFreeze(rows.sort((a, b) => (a.model < b.model ? -1 : 1)));
  });
}

/** As CSV for a spreadsheet: texts that one would run as a formula are neutralised, numbers stay numbers. */
export const inventoryCsv = (rows: readonly InventoryRow[]): string =>
  rows.length === 0 ? `${columns.join(',')}\n` : [...csvLines(toTable(rows.map((row) => ({ ...row }))))].join('');

function rowOf(
  stored: StoredInventoryEntry,
  { production }: StoredModel,
  policy: Parameters<typeof viewEntry>[1],
  now: number,
): InventoryRow {
  const entry = viewEntry(stored, policy, now);
  const last = entry.validations.at(-1);
  const judged = last?.outcome === 'rejected' ? 'rejected' : entry.isOverdue ? 'overdue' : 'current';
  return {
    model: entry.modelName,
    status: last === undefined ? 'never_validated' : judged,
    tier: entry.tier,
    owner: entry.owner,
    purpose: entry.purpose,
    measures: entry.measures.join(' '),
    production,
    lastValidation: last?.at ?? null,
    validatedBy: last?.by ?? null,
    nextReview: entry.nextReviewAt ?? null,
  };
}

const orphanRow = ({ modelName, production }: StoredModel): InventoryRow => ({
  ...{ model: modelName, status: 'orphan', tier: null, owner: null, purpose: null, measures: null, production },
  ...{ lastValidation: null, validatedBy: null, nextReview: null },
});

const columns = Object.keys(orphanRow({ modelName: '', production: null } as StoredModel));
