import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';

export type MlflowOperation = 'log_metric' | 'log_batch' | 'create_version';

/** MLflow's own client in a Python process, beside which ours is timed. */
export interface MlflowPeer {
  readonly version: string;
  /** Milliseconds that one call takes. */
  time(operation: MlflowOperation, calls: number): Promise<number>;
  close(): Promise<void>;
}

/** Undefined where Python has no package mlflow. */
export async function startMlflow(): Promise<MlflowPeer | undefined> {
  const program = fileURLToPath(new URL('mlflow-peer.py', import.meta.url));
  const child = spawn('python3', [program], { stdio: ['pipe', 'pipe', 'ignore'] });
  const exited = new Promise<undefined>((resolve) => {
    child.once('exit', () => resolve(undefined));
    child.once('error', () => resolve(undefined));
  });
  child.stdin.on('error', () => undefined); // it ended: the next line says so
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const hear = async (): Promise<string | undefined> => {
    const next = await Promise.race([lines.next(), exited]);
    return next === undefined || next.done === true ? undefined : next.value;
  };
  const version = await hear();
  if (version === undefined) return undefined;
  return {
    version,
    async time(operation, calls) {
      child.stdin.write(`${operation} ${calls}\n`);
      const seconds = await hear();
      if (seconds === undefined) throw new Error(`MLflow ended during ${operation}`);
      return (Number(seconds) * 1_000) / calls;
    },
    async close() {
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
    },
  };
}

/** MLflow 3.6 on two idle cores, in milliseconds: what a machine without Python is compared with. */
export const mlflowFigures: Readonly<Record<MlflowOperation, number>> = {
  log_metric: 1_000 / 239,
  log_batch: 121,
  create_version: 6.7,
};
