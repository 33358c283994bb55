import { MLOpsError } from '../errors.js';

/** Counts what is under way, so that closing can wait for it and turn later calls away. */
export class OperationGate {
  #closing: Promise<void> | undefined;
  #running = 0;
  #idle: (() => void) | undefined;

  /** @param what how the message calls the closed thing */
  constructor(private readonly what: string) {}

  /** @throws MLOpsError `CLOSED` */
  assertOpen(): void {
    if (this.#closing !== undefined) throw new MLOpsError('CLOSED', `${this.what} was closed; open it again to go on`);
  }

  /** Runs an operation that {@link close} has to wait for. */
  async run<T>(operation: () => T | Promise<T>): Promise<T> {
    this.assertOpen();
    this.#running++;
    try {
      return await operation();
    } finally {
      if (--this.#running === 0) this.#idle?.();
    }
  }

  /** Waits for running operations, then releases; a second call gets the promise of the first. */
  close(release: () => void | Promise<void> = () => undefined): Promise<void> {
    this.#closing ??= this.#drain().then(release);
    return this.#closing;
  }

  #drain(): Promise<void> {
    return this.#running === 0 ? Promise.resolve() : new Promise((resolve) => (this.#idle = resolve));
  }
}
