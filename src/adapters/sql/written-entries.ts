import type { IndexScalar } from '../../storage/storage.js';

/** Most entries to remember, over all records. */
const mostRemembered = 20_000;

/** The index values of a record by the number of their field. */
export type EntriesByField = ReadonlyMap<number, IndexScalar>;

/**
 * The index entries of the records this process wrote last. A version is given to one write of one record only, so what
 * was written with the version that a record still has is what is stored.
 */
export class WrittenEntries {
  readonly #records = new Map<number, { readonly version: number; readonly entries: EntriesByField }>();
  #size = 0;

  get(rid: number, version: number): EntriesByField | undefined {
    const known = this.#records.get(rid);
    return known?.version === version ? known.entries : undefined;
  }

  set(rid: number, version: number, entries: EntriesByField): void {
    this.#remove(rid);
    this.#records.set(rid, { version, entries });
    this.#size += entries.size;
    // Maps keep the order of insertion: the first key is the one written longest ago.
    while (this.#size > mostRemembered) this.#remove(this.#records.keys().next().value!);
  }

  /** For when a transaction was rolled back: its versions will be given to other writes. */
  forget(): void {
    this.#records.clear();
    this.#size = 0;
  }

  #remove(rid: number): void {
    this.#size -= this.#records.get(rid)?.entries.size ?? 0;
    this.#records.delete(rid);
  }
}
