import { parentPort } from 'node:worker_threads';
import { MLOpsError } from '../errors.js';
import type { TaskFunction, WorkerMessage, WorkerReport, WorkerRequest } from './worker-task.js';
import { isError } from './is-error.js';

/** Names of tasks to what loads them, so that a worker loads only the code it runs. */
export type TaskTable = Readonly<Record<string, () => Promise<TaskFunction<never, unknown>>>>;

/** Answers the requests of the thread that started this worker, one after the other. */
export function serveTasks(table: TaskTable): void {
  const port = parentPort;
  if (port === null) throw new MLOpsError('INTERNAL', 'this module runs in a worker thread only');
  const post = (message: WorkerMessage, transfer: readonly ArrayBuffer[] = []): void =>
    port.postMessage(message, transfer);
  port.on('message', ({ task, input }: WorkerRequest) => {
    const transfer: ArrayBuffer[] = [];
    const report: WorkerReport = {
      progress: (fraction, stage) => post({ kind: 'progress', fraction, stage }),
      transfer: (...buffers) => transfer.push(...buffers),
    };
    perform(table, task, input, report).then(
      (output) => post({ kind: 'done', output }, transfer),
      (error: unknown) => post(describe(error)),
    );
  });
}

async function perform(table: TaskTable, task: string, input: unknown, report: WorkerReport): Promise<unknown> {
  const load = Object.hasOwn(table, task) ? table[task] : undefined;
  if (load === undefined) throw new MLOpsError('INTERNAL', `the worker knows no task ${task}; add it to src/worker.ts`);
  return ((await load()) as TaskFunction<unknown, unknown>)(input, report);
}

function describe(error: unknown): WorkerMessage {
  const { message, stack } = isError(error) ? error : new Error(String(error));
  return { kind: 'failed', code: error instanceof MLOpsError ? error.code : undefined, message, stack };
}
