import { type ChildProcess, spawn } from 'node:child_process';
import { BoundedLog } from './bounded-log.js';
import { sessionMemory } from './group-memory.js';

export interface Program {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly workingFolder: string;
  /** All of its environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeLimitMs: number;
  /** Of all its processes together; null for none. */
  readonly memoryLimitBytes: number | null;
  readonly signal?: AbortSignal | undefined;
  /** Called with each line of standard output. */
  readonly onLine?: (line: string) => void;
}

/** How a program ended. */
export type ProgramEnd =
  | { readonly kind: 'exit'; readonly exitCode: number }
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'not_started'; readonly cause: Error }
  | { readonly kind: 'time_limit' }
  | { readonly kind: 'memory_limit'; readonly usedBytes: number }
  | { readonly kind: 'aborted' };

/** Why a program is stopped from here. */
type Stop = Extract<ProgramEnd, { readonly kind: 'time_limit' | 'memory_limit' | 'aborted' }>;

const logHalfBytes = 512 * 1024;
const memoryPollMs = 200;
/** Time to clear up between a request to end and the end. */
const graceMs = 3_000;

/**
 * Runs a program without a shell, in a session of its own: when it ends, is stopped or is beyond a limit, everything it
 * has started ends with it (a process that begins another session of its own excepted). Its standard input is empty;
 * what it prints is kept, beginning and end.
 */
export async function runProgram(spec: Program): Promise<{ readonly end: ProgramEnd; readonly log: BoundedLog }> {
  const log = new BoundedLog(logHalfBytes);
  if (spec.signal?.aborted === true) return { end: { kind: 'aborted' }, log };
  const child = spawn(spec.program, spec.arguments, {
    cwd: spec.workingFolder,
    env: { ...spec.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    shell: false,
  });
  const lines = new LineSplitter(spec.onLine);
  child.stdout.on('data', (chunk: Buffer) => {
    log.add(chunk);
    lines.add(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => log.add(chunk));
  const guard = new Guard(child, spec);
  try {
    const end = await endOf(child, guard);
    return { end: guard.stopped ?? end, log };
  } finally {
    guard.end();
  }
}

function endOf(child: ChildProcess, guard: Guard): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    child.once('error', (cause) => resolve({ kind: 'not_started', cause }));
    // Processes left behind would hold the pipes open; those in sessions of their own do, and are not waited for.
    child.once('exit', () => {
      guard.kill('SIGKILL');
      guard.end();
      const timer = setTimeout(() => [child.stdout, child.stderr].forEach((pipe) => pipe?.destroy()), graceMs);
      child.once('close', () => clearTimeout(timer));
    });
    child.once('close', (exitCode, signal) =>
      resolve(signal === null ? { kind: 'exit', exitCode: exitCode! } : { kind: 'signal', signal }),
    );
  });
}

/** Stops a program for the first of several reasons. */
class Guard {
  stopped: Stop | undefined;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #onAbort = (): void => this.#stop({ kind: 'aborted' });
  readonly #onExit = (): void => this.kill('SIGKILL');

  constructor(
    private readonly child: ChildProcess,
    private readonly spec: Program,
  ) {
    const { timeLimitMs, memoryLimitBytes, signal } = spec;
    this.#timers.push(setTimeout(() => this.#stop({ kind: 'time_limit' }), Math.min(timeLimitMs, 2 ** 31 - 1)));
    if (memoryLimitBytes !== null)
      this.#timers.push(setInterval(() => void this.#weigh(memoryLimitBytes), memoryPollMs));
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    process.once('exit', this.#onExit);
  }

  /** Signals every process of the group, if there is one left. */
  kill(signal: NodeJS.Signals): void {
    if (this.child.pid === undefined) return;
    try {
      process.kill(-this.child.pid, signal);
    } catch {
      // all of them have ended
    }
  }

  end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.spec.signal?.removeEventListener('abort', this.#onAbort);
    process.off('exit', this.#onExit);
  }

  async #weigh(limit: number): Promise<void> {
    if (this.child.pid === undefined) return;
    const usedBytes = await sessionMemory(this.child.pid);
    if (usedBytes > limit) this.#stop({ kind: 'memory_limit', usedBytes });
  }

  #stop(reason: Stop): void {
    if (this.stopped !== undefined) return;
    this.stopped = reason;
    this.kill(reason.kind === 'memory_limit' ? 'SIGKILL' : 'SIGTERM');
    this.#timers.push(setTimeout(() => this.kill('SIGKILL'), graceMs));
  }
}

/** Gives the lines of a stream on; one longer than any progress message is not looked at. */
class LineSplitter {
  #rest = '';

  constructor(private readonly onLine: ((line: string) => void) | undefined) {}

  add(chunk: Buffer): void {
    if (this.onLine === undefined) return;
    const lines = (this.#rest + chunk.toString('latin1')).split('\n');
    this.#rest = lines.pop()!.slice(0, 200);
    for (const line of lines) this.onLine(line.trim());
  }
}
