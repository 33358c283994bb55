import { MLOpsError } from '../../errors.js';
import { isError } from '../../util/is-error.js';

/** The tensors that go in and come out. */
export interface RuntimeTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: ArrayLike<number | bigint | string | boolean>;
}

/** What is needed of a session of `onnxruntime-node`. */
export interface RuntimeSession {
  run(
    feeds: Readonly<Record<string, RuntimeTensor>>,
    fetches: readonly string[],
  ): Promise<Record<string, RuntimeTensor>>;
  release(): Promise<void>;
}

export interface SessionOptions {
  readonly intraOpNumThreads: number;
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array }[];
}

/** What is needed of the package `onnxruntime-node`. */
export interface Runtime {
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => RuntimeTensor;
  readonly InferenceSession: {
    create(model: Uint8Array, options: object): Promise<RuntimeSession>;
  };
}

let runtime: Promise<Runtime> | undefined;

/** @throws MLOpsError `MISSING_DEPENDENCY` */
export async function loadRuntime(): Promise<Runtime> {
  runtime ??= import('onnxruntime-node').then((loaded) => loaded as unknown as Runtime);
  try {
    return await runtime;
  } catch (cause) {
    runtime = undefined;
    throw new MLOpsError(
      'MISSING_DEPENDENCY',
      'ONNX models need the package onnxruntime-node, from 1.23: npm install onnxruntime-node ' +
        '(with ONNXRUNTIME_NODE_INSTALL=skip in the environment nothing is downloaded besides the package)',
      { cause },
    );
  }
}

/** @throws MLOpsError `UNSUPPORTED` for a model that the runtime refuses, `MISSING_DEPENDENCY` */
export async function openSession(model: Uint8Array, options: SessionOptions): Promise<RuntimeSession> {
  const { InferenceSession } = await loadRuntime();
  const silent = { logSeverityLevel: 4, executionMode: 'sequential', interOpNumThreads: 1 };
  try {
    return await InferenceSession.create(model, { ...silent, ...options });
  } catch (cause) {
    throw new MLOpsError('UNSUPPORTED', `ONNX Runtime refuses the model: ${messageOf(cause)}`, { cause });
  }
}

export const messageOf = (cause: unknown): string => (isError(cause) ? cause.message : String(cause));
