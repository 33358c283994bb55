interface Asked {
  readonly now: Promise<unknown>;
  /** The answer of those who asked since. */
  next?: Promise<unknown>;
}

/**
 * Finds out the same for all who ask at the same time. Nobody gets an answer that was begun before the question: those who
 * ask while it is being found out share the next one.
 */
export class SharedAnswers {
  readonly #asked = new Map<string, Asked>();

  /** @param find must not reject */
  ask<T>(question: string, find: () => Promise<T>): Promise<T> {
    const asked = this.#asked.get(question);
    if (asked === undefined) return this.#find(question, find);
    asked.next ??= asked.now.then(() => this.#find(question, find));
    return asked.next as Promise<T>;
  }

  #find<T>(question: string, find: () => Promise<T>): Promise<T> {
    const now = find();
    const asked: Asked = { now };
    this.#asked.set(question, asked);
    void now.then(() => {
      if (asked.next === undefined) this.#asked.delete(question);
    });
    return now;
  }
}
