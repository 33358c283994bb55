/** Keeps the beginning and the end of a text that may be of any length. */
export class BoundedLog {
  readonly #head: Buffer[] = [];
  readonly #tail: Buffer[] = [];
  #headBytes = 0;
  #tailBytes = 0;
  #leftOut = 0;

  /** @param halfBytes bytes kept of the beginning, and as many of the end */
  constructor(private readonly halfBytes: number) {}

  add(chunk: Buffer): void {
    const room = this.halfBytes - this.#headBytes;
    const first = chunk.subarray(0, room);
    if (first.length > 0) {
      this.#head.push(first);
      this.#headBytes += first.length;
    }
    const rest = chunk.subarray(first.length).subarray(-this.halfBytes);
    if (chunk.length === first.length) return;
    this.#leftOut += chunk.length - first.length - rest.length;
    this.#tail.push(rest);
    this.#tailBytes += rest.length;
    while (this.#tailBytes - this.#tail[0]!.length >= this.halfBytes) {
      const dropped = this.#tail.shift()!.length;
      this.#tailBytes -= dropped;
      this.#leftOut += dropped;
    }
  }

  /** Everything, or beginning and end with a line that says how much is missing between them. */
  get content(): Buffer {
    const all = Buffer.concat(this.#tail);
    const tail = all.subarray(-this.halfBytes);
    const leftOut = this.#leftOut + all.length - tail.length;
    const gap = leftOut > 0 ? [Buffer.from(`\n[${leftOut} bytes left out]\n`)] : [];
    return Buffer.concat([...this.#head, ...gap, tail]);
  }

  /** The last lines as one text, for an error message. */
  lastLines(count: number): string {
    const text = this.content.subarray(-4096).toString('utf8').trimEnd();
    return text.split('\n').slice(-count).join('\n');
  }
}
