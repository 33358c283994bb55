import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { type ErrorCode, MLOpsError } from '../errors.js';
import { teller } from './tell.js';
import type { WorkerMessage, WorkerRequest, WorkerTask } from './worker-task.js';

export interface RunInWorkerOptions {
  /** Stops the worker at once; what it was doing is lost. */
  readonly signal?: AbortSignal;
  /** Called with the share done, from 0 to 1, and what is being done. */
  readonly onProgress?: (fraction: number, stage?: string) => void;
  /** Buffers of the input that are handed over instead of copied; they are empty here afterwards. */
  readonly transfer?: readonly ArrayBuffer[];
}

/**
 * Runs one task in a thread of its own, so that this one keeps answering. Starting a thread takes some tens of
 * milliseconds: worth it for work that would hold the event loop longer.
 *
 * @throws MLOpsError `ABORTED` on the signal; what the task threw, with its code; `INTERNAL` when the thread died
 */
export async function runInWorker<Input, Output>(
  task: WorkerTask<Input, Output>,
  input: Input,
  options: RunInWorkerOptions = {},
): Promise<Output> {
  const session = new WorkerSession();
  try {
    return await session.run(task, input, options);
  } finally {
    await session.close();
  }
}

/** A thread that runs several tasks, one after the other. */
export class WorkerSession {
  readonly #worker: Worker;

  /** @param entry the module that serves the tasks; the package's own unless told */
  constructor(entry: URL = workerEntry()) {
    const threads = createRequire(import.meta.url)('node:worker_threads') as typeof import('node:worker_threads');
    try {
      this.#worker = new threads.Worker(loadable(entry), { execArgv: [] });
    } catch (cause) {
      if ((cause as { readonly code?: unknown }).code !== 'ERR_ACCESS_DENIED') throw cause;
      throw new MLOpsError('UNSUPPORTED', 'this needs a thread: allow them with --allow-worker beside --permission', {
        cause,
      });
    }
    this.#worker.unref();
  }

  async run<Input, Output>(
    task: WorkerTask<Input, Output>,
    input: Input,
    { signal, onProgress, transfer = [] }: RunInWorkerOptions = {},
  ): Promise<Output> {
    const worker = this.#worker;
    // Thrown in an event of the thread it would end the process.
    const progress = onProgress && teller('onProgress', onProgress);
    if (signal?.aborted === true) throw aborted(signal);
    worker.ref(); // a pending result keeps the process alive, an idle thread does not
    const listening = new AbortController();
    try {
      return await new Promise<Output>((resolve, reject) => {
        const once = { once: true, signal: listening.signal };
        signal?.addEventListener('abort', () => reject(aborted(signal)), once);
        const onMessage = (message: WorkerMessage): void => {
          if (message.kind === 'progress') progress?.(message.fraction, message.stage);
          else if (message.kind === 'done') resolve(message.output as Output);
          else reject(revive(message));
        };
        const onError = (error: unknown): void =>
          reject(
            new MLOpsError('INTERNAL', `the worker thread of ${task.name} failed: ${String(error)}`, { cause: error }),
          );
        const onExit = (): void =>
          reject(new MLOpsError('INTERNAL', `the worker thread of ${task.name} ended before it answered`));
        worker.on('message', onMessage).on('error', onError).on('exit', onExit);
        listening.signal.addEventListener('abort', () => {
          worker.off('message', onMessage).off('error', onError).off('exit', onExit);
        });
        worker.postMessage({ task: task.name, input } satisfies WorkerRequest, transfer);
      });
    } catch (error) {
      if (error instanceof MLOpsError && error.code === 'ABORTED') await this.close();
      throw error;
    } finally {
      listening.abort();
      worker.unref();
    }
  }

  /** Ends the thread, whatever it is doing. */
  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

const aborted = (signal: AbortSignal): MLOpsError =>
  new MLOpsError('ABORTED', 'the work was aborted; nothing was kept', { cause: signal.reason });

function revive({ code, message, stack }: Extract<WorkerMessage, { kind: 'failed' }>): Error {
  const error = code === undefined ? new Error(message) : new MLOpsError(code as ErrorCode, message);
  if (stack !== undefined) error.stack = stack;
  return error;
}

/** The built package has `worker.js` beside every chunk; from sources it is `src/worker.ts`. */
function workerEntry(): URL {
  const place = import.meta.url as string | undefined; // undefined in CommonJS that a bundler made
  const entry =
    place === undefined ? undefined : new URL(place.endsWith('.ts') ? '../worker.ts' : './worker.js', place);
  if (entry !== undefined && existsSync(fileURLToPath(entry))) return entry;
  throw new MLOpsError(
    'UNSUPPORTED',
    'worker.js of this package is not beside its code; if a bundler moved that, mark @bondx/mlops as external',
  );
}

/** Node 20 cannot run TypeScript by itself: from sources, a loader is registered in the thread first. */
function loadable(entry: URL): URL {
  if (!entry.pathname.endsWith('.ts')) return entry;
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx'));
  const loader = new URL('./esm/api/index.mjs', tsx).href;
  const code = `import { register } from ${JSON.stringify(loader)}; register(); await import(${JSON.stringify(entry.href)});`;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}
