import type { JsonValue } from '../util/json.js';

/** A value of an index field. Unlike stored values, NaN and ±Infinity are allowed. */
export type IndexScalar = string | number | boolean | null;

/**
 * What a record can be found by: scalars, and one level of maps whose entries are addressed with a dot
 * (`{ metrics: { rmse: 1 } }` is the field `metrics.rmse`; keys may themselves contain dots).
 */
export type IndexFields = Readonly<Record<string, IndexScalar | Readonly<Record<string, IndexScalar>>>>;

/** A record of a collection and its version, which grows with every write. */
export interface StoredRecord {
  readonly id: string;
  /** Grows with every write of this record, also across a delete; never reused. Not necessarily by one. */
  readonly version: number;
  readonly value: JsonValue;
}

/**
 * One part of a commit.
 *
 * - `put` writes a record with the index fields it can be found by; `expect` is its precondition.
 * - `delete` removes a record; with `expect: 'any'` an absent record is fine.
 * - `append` adds entries at the end of a stream; `expect` is the stream's length before (absent: any length).
 * - `drop` removes a stream with all its entries; `expect` is the length it must have. The stream `audit` cannot be dropped.
 * - `check` writes nothing and only holds the commit to a precondition on a record.
 */
export type Change =
  | {
      readonly kind: 'put';
      readonly collection: string;
      readonly id: string;
      readonly value: JsonValue;
      readonly index?: IndexFields;
      readonly expect: 'any' | 'absent' | number;
    }
  | { readonly kind: 'delete'; readonly collection: string; readonly id: string; readonly expect: 'any' | number }
  | {
      readonly kind: 'append';
      readonly stream: string;
      readonly values: readonly JsonValue[];
      readonly expect?: number;
    }
  | { readonly kind: 'drop'; readonly stream: string; readonly expect?: number }
  | { readonly kind: 'check'; readonly collection: string; readonly id: string; readonly expect: 'absent' | number };

/**
 * What an acknowledged commit survives. `power`: loss of power or a crash of the operating system (the bytes were
 * flushed to the medium). `process`: death of this process at any instant, `kill -9` included.
 */
export type Durability = 'power' | 'process';

/**
 * A condition on index fields; `id` is the record's id.
 *
 * Every comparison of an absent field is false, `ne` included; `not` is plain negation. `lt lte gt gte` hold only
 * between values of one type, never for null or NaN. `eq` matches null with null and NaN with NaN. `ne` holds when the
 * field is there, is not null, and is not `eq`. Strings compare by code points. `like` matches strings as a
 * whole: `%` is any text, `_` one code point, a backslash takes the meaning of the character after it away; `ilike` takes
 * the letters A to Z in either case.
 */
export type Where =
  | { readonly and: readonly Where[] }
  | { readonly or: readonly Where[] }
  | { readonly not: Where }
  | {
      readonly field: string;
      readonly op: 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte';
      readonly value: IndexScalar;
    }
  | { readonly field: string; readonly op: 'in'; readonly values: readonly IndexScalar[] }
  | { readonly field: string; readonly op: 'prefix'; readonly value: string }
  | { readonly field: string; readonly op: 'like' | 'ilike'; readonly value: string }
  | { readonly field: string; readonly op: 'exists' };

/** A field that records are sorted by. */
export interface OrderBy {
  readonly field: string;
  readonly direction: 'asc' | 'desc';
}

/** Which records of a collection are wanted, in which order. */
export interface Query {
  readonly where?: Where;
  /**
   * Sort keys; ties are broken by id, ascending. Booleans come before numbers before strings when ascending, the
   * other way round when descending; then, in both directions, NaN, then null and absent fields.
   */
  readonly orderBy?: readonly OrderBy[];
  /** Most records on a page: 1 to 50,000; 100 unless told. */
  readonly limit?: number;
  /** Continues after the page that returned it; `where` and `orderBy` must be the same. */
  readonly cursor?: string;
}

/** One page of the records that a query found. */
export interface Page {
  readonly records: readonly StoredRecord[];
  /** Present when there may be more. Keyset: rows written meanwhile neither repeat nor hide others. */
  readonly cursor?: string;
}

/** Which entries of a stream are wanted. */
export interface StreamRange {
  /** First entry, counting from 0; 0 unless told. */
  readonly from?: number;
  /** Just past the last entry; the stream's end unless told. */
  readonly to?: number;
  /** Most entries to return. */
  readonly limit?: number;
}

/** One entry of a stream, with its position from 0. */
export interface StreamEntry {
  /** Position in the stream, counting from 0 without gaps. */
  readonly seq: number;
  readonly value: JsonValue;
}

/** Entries of a stream from one position on. */
export interface StreamPage {
  readonly entries: readonly StreamEntry[];
  /** Entries in the whole stream at the moment of reading: what `expect` of the next append should be. */
  readonly length: number;
}

/** A part of what a storage holds. */
export type DumpedItem =
  | {
      readonly kind: 'record';
      readonly collection: string;
      readonly id: string;
      readonly value: JsonValue;
      /** Every index field under its full name, such as `metrics.rmse`. */
      readonly index: Readonly<Record<string, IndexScalar>>;
    }
  | {
      readonly kind: 'entries';
      readonly stream: string;
      /** Position of the first of the values in the stream. */
      readonly first: number;
      readonly values: readonly JsonValue[];
    };

/** Records and stream entries of one step of {@link Storage.dump}. */
export interface DumpPage {
  readonly items: readonly DumpedItem[];
  /** Present when there is more. */
  readonly cursor?: string;
}

/** What a storage can do beyond what all can: the conformance suite tests no more than it says. */
export interface StorageCapabilities {
  /** A short name for messages, such as `memory`. */
  readonly name: string;
  /** Outlives the process. */
  readonly persistent: boolean;
  /** May be opened by several processes at once. */
  readonly multiProcess: boolean;
  /** The folder it lives in, absolute, if it lives in one. */
  readonly directory?: string;
}

/** Told the names of watched collections in which something may have changed. What it throws becomes a warning. */
export type WatchListener = (collections: readonly string[]) => void;

/** How changes are followed. */
export interface WatchOptions {
  /** Ends the watch; without it, closing the storage does. */
  readonly signal?: AbortSignal;
}

/**
 * Where records and streams live. Five methods; every invariant of the system is a precondition of a commit, so it
 * holds across threads, processes and hosts. Names of collections, streams and ids are non-empty, well-formed, at most
 * 512 characters and free of control characters.
 */
export interface Storage {
  readonly capabilities: StorageCapabilities;

  /** The record, or undefined. */
  get(collection: string, id: string): Promise<StoredRecord | undefined>;

  query(collection: string, query?: Query): Promise<Page>;

  /** Entries of an append-only stream; a stream nobody wrote is empty. */
  read(stream: string, range?: StreamRange): Promise<StreamPage>;

  /**
   * Writes everything or nothing. Preconditions are judged against the state before the commit, so a commit may name a
   * record or a stream only once.
   *
   * @returns one number a change, in order: a put's new version, an append's new stream length, 0 for the others
   * @throws ConflictError when a precondition did not hold; nothing was written
   */
  commit(changes: readonly Change[], options?: { readonly durability?: Durability }): Promise<readonly number[]>;

  /**
   * Optional; call {@link watchCollections}, which polls where an adapter lacks it. Once the promise has resolved, every
   * commit that puts or deletes a record of these collections, made by whatever process or host, is followed by a call
   * of the listener. Watch first, then read.
   *
   * A call is a hint to read again and carries no values: a value could be lost with a connection, overtaken or stale,
   * while a hint can be merged with the next one, repeated, or given for all collections when nobody knows what was
   * missed (after a reconnect, say). So calls may come without a cause, and a commit may share its call with others.
   *
   * @throws MLOpsError `ABORTED` when the signal fired before the watch began
   */
  watch?(collections: readonly string[], listener: WatchListener, options?: WatchOptions): Promise<void>;

  /**
   * Optional: every artifact digest that occurs anywhere in a stored value, at one moment. What is not among them is
   * referred to by nothing.
   */
  namedDigests?(): Promise<ReadonlySet<string>>;

  /**
   * Optional: everything stored, page by page: all records, in the order of collection and id by code points, then the
   * entries of all streams, in the order of stream and position. A page holds a few megabytes, or one value. Together the
   * pages show one moment only when nobody writes meanwhile.
   */
  dump?(cursor?: string): Promise<DumpPage>;

  /** Waits for what is under way, then releases everything. Later calls fail with `CLOSED`; closing twice is fine. */
  close(): Promise<void>;
}
