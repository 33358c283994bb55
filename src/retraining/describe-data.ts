import { profileSteps } from '../data/profile.js';
import type { Table } from '../data/table.js';
import type { TrainingData } from '../registry/model-record.js';
import { toIso } from '../util/clock.js';
import { type Watch, inSteps } from '../util/in-steps.js';

/** What a model was trained on: digest, rows, span of time, and a summary of the columns that mattered. */
export async function describeData(
  table: Table,
  names: readonly string[],
  timeColumn: string | null,
  watch: Watch = {},
): Promise<TrainingData> {
  const profile = await inSteps(profileSteps(table, names), watch);
  const base = { digest: await table.digestInSteps(watch), rowCount: table.rowCount, profile };
  const column = timeColumn === null ? undefined : table.column(timeColumn);
  if (column?.kind !== 'date') return base;
  let from = Infinity;
  let to = -Infinity;
  for (const at of column.values) {
    if (at < from) from = at;
    if (at > to) to = at;
  }
  return Number.isFinite(from) ? { ...base, from: toIso(from), to: toIso(to) } : base;
}
