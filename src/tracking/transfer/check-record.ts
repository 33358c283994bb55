import { MLOpsError } from '../../errors.js';
import type { StoredRecord } from '../../storage/storage.js';
import { checkRelativePath } from '../../util/check.js';
import { type StoredRun, finalRunStatuses } from '../run.js';

/**
 * The run of a record that somebody else wrote. What storage refuses by itself (names with control characters, values
 * that are no JSON) is not looked at.
 *
 * @throws MLOpsError `CORRUPT` when it is not that of a run, `INVALID_INPUT` for artifacts whose names lead elsewhere
 */
export function checkRecord({ id, value }: StoredRecord): StoredRun {
  const run = value as unknown as StoredRun;
  const texts: unknown[] = [run.experimentName, run.startedBy];
  const objects: unknown[] = [run.parameters, run.metrics, run.tags, run.artifacts];
  const isRun =
    run.runId === id &&
    ['running', ...finalRunStatuses].includes(run.status) &&
    Number.isFinite(run.startedAt) &&
    texts.every((text) => typeof text === 'string') &&
    objects.every((object) => typeof object === 'object' && object !== null);
  if (!isRun) throw new MLOpsError('CORRUPT', `the record of run ${id} is not that of a run`);
  for (const { name } of run.artifacts) checkRelativePath(name, `the name of an artifact of run ${id}`);
  return run;
}
