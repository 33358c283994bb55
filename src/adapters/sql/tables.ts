import type { IndexScalar } from '../../storage/storage.js';
import { type ScalarKind, kindOf } from '../../storage/index-scalar.js';

/** The tables of a SQL storage. `rid`, `fid` and versions come from one counter, `meta.last_number`. */
export interface Tables {
  meta: { key: 'schema_version' | 'last_number'; value: number };
  records: { rid: number; collection: string; id: string; version: number; value: string };
  /** Gives every index field of a collection a number, so that entries stay small. */
  fields: { fid: number; collection: string; name: string };
  /** One row for every index field of every record. */
  entries: Entry;
  /** Entries `first` to `first + count - 1` of a stream, as a JSON array. */
  chunks: Chunk & { stream: string; first: number };
  /** Gives every stream of the audit log a number, from 0. */
  audit_streams: { number: number; stream: string };
  /**
   * The same for streams of the audit log, whose entry i is at {@link auditSpan} times the number of its stream, plus i. Every
   * operation waits for one of these: with a key that is the number of the row, there is no index to write beside it.
   */
  audit_chunks: Chunk & { place: number };
}

/** Some entries, as they are stored. */
export interface Chunk {
  count: number;
  /** A JSON array. */
  data: string;
}

/** Places of a stream of the audit log. */
export const auditSpan = 2 ** 40;

export interface Entry {
  rid: number;
  fid: number;
  /** See {@link kindCodes}. */
  kind: number;
  /** A number, or a boolean as 0 or 1. */
  num: number | null;
  text: string | null;
}

/** Ascending in the ascending order of index values. */
export const kindCodes: Readonly<Record<ScalarKind, number>> = { boolean: 0, number: 1, string: 2, nan: 3, null: 4 };

/** A scalar as the columns of an entry. */
export function toColumns(value: IndexScalar): Pick<Entry, 'kind' | 'num' | 'text'> {
  const kind = kindOf(value);
  return {
    kind: kindCodes[kind],
    num: kind === 'boolean' || kind === 'number' ? Number(value) : null,
    text: typeof value === 'string' ? value : null,
  };
}

/** What {@link toColumns} was given. */
export function fromColumns({ kind, num, text }: Pick<Entry, 'kind' | 'num' | 'text'>): IndexScalar {
  switch (kind) {
    case kindCodes.boolean:
      return num === 1;
    case kindCodes.number:
      return num;
    case kindCodes.string:
      return text;
    case kindCodes.nan:
      return NaN;
    default:
      return null;
  }
}
