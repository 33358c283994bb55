/** Runs asynchronous tasks one after the other, in the order they came, within this process. */
export class Mutex {
  #isHeld = false;
  readonly #waiting: (() => void)[] = [];

  /** A task that fails fails its caller, not the next in line. */
  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#isHeld) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#isHeld = true;
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#isHeld = false;
      else next(); // it stays held: nobody who comes in between goes first
    }
  }
}
