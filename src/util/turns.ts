/** How long somebody waits while nobody before is done: one of them may be waiting for what this one is part of. */
const patienceMs = 2_000;

interface Line {
  /** Resolves when the last in line is done. */
  last: Promise<void>;
  /** How many were done so far. */
  done: number;
}

/** Lets those who want the same thing have it one after the other, in the order in which they asked. */
export class Turns {
  readonly #lines = new Map<string, Line>();

  /** Waits until those who asked before are done, or none of them is for a while. @returns gives the turn up */
  async take(key: string): Promise<() => void> {
    let end: () => void = () => undefined;
    const mine = new Promise<void>((resolve) => (end = resolve));
    const line = this.#lines.get(key) ?? { last: Promise.resolve(), done: 0 };
    this.#lines.set(key, line);
    const before = line.last;
    const last = (line.last = before.then(() => mine));
    let done: number;
    do done = line.done;
    while (!(await within(before, patienceMs)) && done !== line.done);
    return () => {
      line.done++;
      end();
      if (line.last === last) this.#lines.delete(key);
    };
  }
}

/** Whether something is done in time. */
async function within(work: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => (timer = setTimeout(() => resolve(false), ms)));
  const isDone = await Promise.race([work.then(() => true), late]);
  clearTimeout(timer);
  return isDone;
}
