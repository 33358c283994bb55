/** Runs asynchronous tasks one after the other, in the order they came, within this process. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task, task);
    this.#last = result.catch(() => undefined); // a failed task fails its caller, not the next in line
    return result;
  }
}
