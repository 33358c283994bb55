import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

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
      mkdirSync(dirname(this.path), { recursive: true });
      const size = statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
      if (size > 0 && size + Buffer.byteLength(line) > this.options.maxBytes) this.#rotate();
      appendFileSync(this.path, line, { mode: 0o600 });
    } catch {
      this.#lost++;
    }
  }

  #rotate(): void {
    for (let i = this.options.keep - 1; i >= 1; i--) {
      const from = `${this.path}.${i}`;
      if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, `${this.path}.${i + 1}`);
    }
    renameSync(this.path, `${this.path}.1`);
  }
}
