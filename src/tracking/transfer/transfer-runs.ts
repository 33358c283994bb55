import { MLOpsError } from '../../errors.js';
import { ControlPlane } from '../../governance/control-plane.js';
import type { Context } from '../../runtime/context.js';
import { openKeys } from '../../runtime/open-keys.js';
import { givenStores } from '../../runtime/stores.js';
import { deepFreeze } from '../../util/freeze.js';
import { RunCopy } from './run-copy.js';
import type { RefusedRun, RunStore, TransferOptions, TransferResult } from './transfer-options.js';

/** What is the matter with one run, and no reason to leave the others out. */
const refusals: readonly string[] = ['CONFLICT', 'CORRUPT', 'NOT_FOUND', 'INVALID_INPUT'];

/**
 * Copies runs with their points and files from one store to another, whatever the two are, in the order of the ids. Copying the same again changes
 * nothing; a run that has grown since gets what is new. Each run is one commit with its audit record (of more than 50,000
 * new points, a row of them, each a state of the run), so that after a crash the same call goes on where it stopped.
 *
 * @param context who copies; the stores in it are not used
 * @throws MLOpsError `ABORTED`
 */
export async function transferRuns(
  from: RunStore,
  to: RunStore,
  context: Context,
  runIds: readonly string[],
  { signal, onProgress }: Pick<TransferOptions, 'signal' | 'onProgress'> = {},
): Promise<TransferResult> {
  const keys = openKeys({ ...context, storage: () => Promise.resolve(to.storage), service: undefined });
  const control = new ControlPlane({ ...context, stores: givenStores(to.storage, to.artifacts), keys });
  const result = { imported: [] as string[], updated: [] as string[], unchanged: [] as string[] };
  const refused: RefusedRun[] = [];
  for (const [i, runId] of runIds.entries()) {
    checkGoingOn(signal);
    onProgress?.(i / runIds.length);
    const copy = new RunCopy(runId, from, to, control, () => checkGoingOn(signal));
    try {
      result[await copy.make()].push(runId);
    } catch (error) {
      if (!(error instanceof MLOpsError) || !refusals.includes(error.code)) throw error;
      await copy.recordRefusal(error.message);
      refused.push({ runId, code: error.code, reason: error.message });
    }
  }
  onProgress?.(1);
  return deepFreeze({ ...result, refused });
}

function checkGoingOn(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  const message = 'copying runs was aborted; what was copied stays, and the same call goes on from there';
  throw new MLOpsError('ABORTED', message, { cause: signal.reason });
}
