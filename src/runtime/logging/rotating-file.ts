import { appendFileSync, closeSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolderSync } from '../../util/make-folder.js';

export interface RotationOptions {
  /** A file is put aside before it grows beyond this, bytes. */
  readonly maxBytes: number;
  /** Files that were put aside and are kept: `name.1` is the newest. */
  readonly keep: number;
}

/**
 * A file that lines are appended to, each at once: what was written survives the process. Several processes may write it. A
 * disk that is full or a folder that cannot be written loses lines and nothing else.
 */
export class RotatingFile {
  #lost = 0;

  constructor(
    private readonly path: string,
    private readonly options: RotationOptions,
  ) {}

  /** Lines that could not be written. */
  get lost(): number {
    return this.#lost;
  }

  write(line: string): void {
    try {
      makeFolderSync(dirname(this.path));
      if (this.#isFull(line) && takeLock(this.#lock)) this.#rotate(line);
      appendFileSync(this.path, line, { mode: 0o600 });
    } catch {
      this.#lost++;
    }
  }

  get #lock(): string {
    return `${this.path}.lock`;
  }

  #isFull(line: string): boolean {
    const size = statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
    return size > 0 && size + Buffer.byteLength(line) > this.options.maxBytes;
  }

  /** By one process at a time: two would put files in each other's place. The others go on writing to what is there. */
  #rotate(line: string): void {
    try {
      if (!this.#isFull(line)) return; // another one just did
      for (let i = this.options.keep - 1; i >= 1; i--) {
        const from = `${this.path}.${i}`;
        if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, `${this.path}.${i + 1}`);
      }
      renameSync(this.path, `${this.path}.1`);
    } finally {
      rmSync(this.#lock, { force: true });
    }
  }
}

/** A lock that is so old was left by a process that died, milliseconds. */
const abandonedMs = 10_000;

function takeLock(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx', 0o600));
    return true;
  } catch {
    const since = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    if (since !== undefined && Math.abs(Date.now() - since) > abandonedMs) rmSync(path, { force: true });
    return false;
  }
}
