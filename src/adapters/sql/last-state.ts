/** Forget everything rather than remember more records or streams than this. */
const mostRemembered = 5_000;

/** What identifies a record and one write of it. */
export interface RecordKey {
  readonly rid: number;
  readonly version: number;
}

/** The end of a stream. */
export interface StreamEnd {
  readonly length: number;
  /** That of a stream of the audit log, if it has one already. */
  readonly number?: number;
  /** The chunk written last; absent where that is not known. */
  readonly chunk?: { readonly first: number; readonly count: number; readonly characters: number };
}

/**
 * The records and streams that this process wrote last, as it left them. Holds only as long as nobody else writes: begin
 * every write transaction with {@link forget} unless the database says that nobody did.
 */
export class LastState {
  readonly #records = new Map<string, RecordKey>();
  readonly #ends = new Map<string, StreamEnd>();

  record(collection: string, id: string): RecordKey | undefined {
    return this.#records.get(keyOf(collection, id));
  }

  setRecord(collection: string, id: string, written: RecordKey): void {
    if (this.#records.size >= mostRemembered) this.#records.clear();
    this.#records.set(keyOf(collection, id), written);
  }

  dropRecord(collection: string, id: string): void {
    this.#records.delete(keyOf(collection, id));
  }

  end(stream: string): StreamEnd | undefined {
    return this.#ends.get(stream);
  }

  setEnd(stream: string, end: StreamEnd): void {
    if (this.#ends.size >= mostRemembered) this.#ends.clear();
    this.#ends.set(stream, end);
  }

  forget(): void {
    this.#records.clear();
    this.#ends.clear();
  }
}

/** Names hold no control characters. */
const keyOf = (collection: string, id: string): string => `${collection}\n${id}`;
