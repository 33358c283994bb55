import { shareTable } from '../data/shared-columns.js';
import { runInWorker } from '../util/run-in-worker.js';
import type { Trainer, TrainingRequest, TrainingResult } from './contract.js';
import { loadModel } from './model.js';
import { type TrainInput, trainTask } from './train-protocol.js';

/**
 * Rows times features from which a training is worth a thread: up to here one takes a tenth of a second or so, in steps
 * that let others have the event loop; a thread takes some fifty milliseconds to start.
 */
const threadFrom = 100_000;

/**
 * A built-in trainer that works in a thread of its own when there are many rows, so that the process it lives in keeps
 * answering. The model is the same to the byte wherever it is made. The signal ends the thread at once.
 *
 * A source of randomness that is not of {@link createRandom} cannot be sent to a thread: then it works in this one.
 */
export function inBackground(trainer: Trainer): Trainer {
  const { algorithm } = trainer;
  return {
    algorithm,
    train: (request) => {
      const { seed } = request.random;
      const isLarge = request.table.rowCount * request.featureColumns.length >= threadFrom;
      return isLarge && seed !== undefined ? trainInThread(algorithm, request, seed) : trainer.train(request);
    },
  };
}

/** Trains in a thread of its own. @param seed of the request's source of randomness */
export async function trainInThread(
  algorithm: string,
  request: TrainingRequest,
  seed: string,
): Promise<TrainingResult> {
  const { table, validation, random: _random, signal, onProgress, keepFile: _keepFile, ...rest } = request;
  const names = [...new Set([...request.featureColumns, request.targetColumn])];
  const input: TrainInput = {
    algorithm,
    request: rest,
    rows: await shareTable(table, { signal }, names),
    validation: validation && (await shareTable(validation, { signal }, names)),
    seed,
  };
  const { json, warnings } = await runInWorker(trainTask, input, {
    ...(signal !== undefined && { signal }),
    ...(onProgress !== undefined && { onProgress }),
  });
  return { model: loadModel(JSON.parse(Buffer.from(json).toString('utf8'))), warnings };
}
