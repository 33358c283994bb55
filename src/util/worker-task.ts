/** What a task running in a worker may tell the caller. */
export interface WorkerReport {
  /** Share done, from 0 to 1, and what is being done. */
  progress(fraction: number, stage?: string): void;
  /** Hands a buffer of the result over instead of copying it. */
  transfer(...buffers: readonly ArrayBuffer[]): void;
}

/**
 * A function that can run in a worker thread: its name in `src/worker.ts`, and the types of what crosses the border,
 * which must survive structured cloning. Functions and class instances do not.
 */
export interface WorkerTask<Input, Output> {
  readonly name: string;
  /** Only carries the types. */
  readonly types?: (input: Input) => Output;
}

/** The function behind a task's name. */
export type TaskFunction<Input, Output> = (input: Input, report: WorkerReport) => Output | Promise<Output>;

/** From the caller to the worker. */
export interface WorkerRequest {
  readonly task: string;
  readonly input: unknown;
}

/** From the worker to the caller. */
export type WorkerMessage =
  | { readonly kind: 'progress'; readonly fraction: number; readonly stage: string | undefined }
  | { readonly kind: 'done'; readonly output: unknown }
  | {
      readonly kind: 'failed';
      readonly code: string | undefined;
      readonly message: string;
      readonly stack: string | undefined;
    };
