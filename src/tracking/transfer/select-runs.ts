import { MLOpsError } from '../../errors.js';
import type { Storage } from '../../storage/storage.js';
import type { JsonValue } from '../../util/json.js';
import { hiddenExperiments } from '../experiments.js';
import { runsCollection } from '../run.js';
import { runQuery } from '../run-search.js';
import type { TransferOptions } from './transfer-options.js';

const pageSize = 500;

/**
 * The ids of the runs to copy, oldest first unless listed, each after the runs it is a part of: those come along.
 *
 * @throws MLOpsError `NOT_FOUND` for an id in the list that the store does not have
 */
export async function selectRuns(storage: Storage, options: TransferOptions): Promise<readonly string[]> {
  const { runIds, filter } = options;
  const selected = new Set<string>();
  if (runIds !== undefined) {
    for (const runId of runIds) await addWithParents(storage, runId, await parentOf(storage, runId), selected);
    return [...selected];
  }
  const hidden = await hiddenExperiments(storage);
  const query = runQuery({ filter: filter ?? '', orderBy: 'start_time', limit: pageSize }, hidden);
  for (let cursor: string | undefined; ;) {
    const page = await storage.query(runsCollection, { ...query, ...(cursor !== undefined && { cursor }) });
    for (const { id, value } of page.records) {
      await addWithParents(storage, id, parentIn(value), selected);
    }
    if (page.cursor === undefined) return [...selected];
    cursor = page.cursor;
  }
}

/** A parent that the store does not have is left out: the run keeps its id. */
async function addWithParents(
  storage: Storage,
  runId: string,
  parentRunId: string | null,
  selected: Set<string>,
): Promise<void> {
  const line = [runId];
  for (let parent = parentRunId; parent !== null && !selected.has(parent) && !line.includes(parent);) {
    const record = await storage.get(runsCollection, parent);
    if (record === undefined) break;
    line.push(parent);
    parent = parentIn(record.value);
  }
  for (const id of line.reverse()) selected.add(id);
}

/** Whether somebody else's record is that of a run is judged later, of each run by itself. */
function parentIn(value: JsonValue): string | null {
  const { parentRunId } = (value ?? {}) as { readonly parentRunId?: unknown };
  return typeof parentRunId === 'string' && parentRunId !== '' ? parentRunId : null;
}

async function parentOf(storage: Storage, runId: string): Promise<string | null> {
  const record = await storage.get(runsCollection, runId);
  if (record !== undefined) return parentIn(record.value);
  throw new MLOpsError('NOT_FOUND', `there is no run ${runId} to copy; searchRuns(...) finds those that there are`);
}
