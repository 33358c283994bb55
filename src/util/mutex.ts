/** Runs asynchronous tasks one after the other, in the order they came, within this process. */
export class Mutex {
  /** Resolves when the last in line is done; undefined while nobody runs. */
  #last: Promise<void> | undefined;

  /** A task that fails fails its caller, not the next in line. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    const before = this.#last;
    let end!: () => void;
    const mine = new Promise<void>((resolve) => (end = resolve));
    this.#last = mine;
    try {
      if (before !== undefined) await before;
      return await task();
    } finally {
      if (this.#last === mine) this.#last = undefined;
      end();
    }
  }
}
