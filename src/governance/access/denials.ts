import type { Storage } from '../../storage/storage.js';

/** Of denials that are all alike, one in so many milliseconds is recorded. */
const quietMs = 60_000;
const mostRemembered = 1_000;

/**
 * Keeps callers who are denied a read again and again, a poller with an expired binding, say, from filling the audit log:
 * the first is recorded at once, and from then on one a minute, which says how many there were in between.
 */
export class Denials {
  readonly #seen = new Map<string, { at: number; unrecorded: number }>();

  /** @returns how many went unrecorded before this one; undefined when this one is not to be recorded either */
  note(key: string, now: number): number | undefined {
    const last = this.#seen.get(key);
    if (last !== undefined && now - last.at < quietMs) {
      last.unrecorded++;
      return undefined;
    }
    this.#seen.delete(key);
    if (this.#seen.size >= mostRemembered) this.#seen.delete(this.#seen.keys().next().value!);
    this.#seen.set(key, { at: now, unrecorded: 0 });
    return last?.unrecorded ?? 0;
  }
}

const known = new WeakMap<Storage, Denials>();

/** Those that were recorded in a store: a caller is the same one in each request, and whatever class is asked. */
export function denialsOf(storage: Storage): Denials {
  let denials = known.get(storage);
  if (denials === undefined) known.set(storage, (denials = new Denials()));
  return denials;
}
