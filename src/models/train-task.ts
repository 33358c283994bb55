import { sharedTable } from '../data/shared-columns.js';
import { MLOpsError } from '../errors.js';
import { createRandom } from '../util/random.js';
import type { WorkerReport } from '../util/worker-task.js';
import { trainersHere } from './built-in-trainers.js';
import type { TrainInput, TrainOutput } from './train-protocol.js';

/** The function behind {@link trainTask}. */
export async function trainHere(
  { algorithm, request, rows, validation, seed }: TrainInput,
  report: WorkerReport,
): Promise<TrainOutput> {
  const trainer = trainersHere.get(algorithm);
  if (trainer === undefined) throw new MLOpsError('INTERNAL', `there is no built-in trainer ${algorithm}`);
  const { model, warnings } = await trainer.train({
    ...request,
    table: sharedTable(rows),
    ...(validation !== undefined && { validation: sharedTable(validation) }),
    random: createRandom(seed),
    onProgress: (fraction) => report.progress(fraction),
  });
  const json = new Uint8Array(new TextEncoder().encode(JSON.stringify(model.toJSON())));
  report.transfer(json.buffer);
  return { json, warnings };
}
