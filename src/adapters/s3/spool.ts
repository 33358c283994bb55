import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Holds content until its digest, and with it its name, is known: in memory while it is small, else in a temporary file
 * that only this process can read.
 */
export class Spool {
  readonly #chunks: Uint8Array[] = [];
  #size = 0;
  #path = '';
  #file: FileHandle | undefined;

  /** @param memoryBytes most bytes to keep in memory */
  constructor(private readonly memoryBytes: number) {}

  async write(chunk: Uint8Array): Promise<void> {
    this.#size += chunk.byteLength;
    if (this.#file === undefined && this.#size <= this.memoryBytes) {
      this.#chunks.push(new Uint8Array(chunk)); // a copy, its owner may use it again
      return;
    }
    this.#file ??= await this.#openFile();
    for (const waiting of this.#chunks.splice(0)) await writeAll(this.#file, waiting);
    await writeAll(this.#file, chunk);
  }

  async read(start: number, length: number): Promise<Buffer> {
    if (this.#file === undefined) return Buffer.concat(this.#chunks).subarray(start, start + length);
    const bytes = Buffer.alloc(length);
    for (let done = 0; done < length;) {
      const { bytesRead } = await this.#file.read(bytes, done, length - done, start + done);
      if (bytesRead === 0) throw new Error(`${this.#path} ended early`);
      done += bytesRead;
    }
    return bytes;
  }

  async close(): Promise<void> {
    await this.#file?.close();
    if (this.#file !== undefined) await rm(this.#path, { force: true });
  }

  async #openFile(): Promise<FileHandle> {
    this.#path = join(tmpdir(), `bondx-mlops-${randomUUID()}`);
    const file = await open(this.#path, 'wx+', 0o600);
    await unlink(this.#path).catch(() => undefined); // so that nothing stays when the process dies; Windows refuses
    return file;
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.byteLength;) {
    written += (await file.write(bytes, written)).bytesWritten;
  }
}
