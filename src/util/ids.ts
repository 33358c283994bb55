import { v7 } from 'uuid';

/** Source of unique ids. */
export interface IdSource {
  next(): string;
}

/** UUIDv7 (RFC 9562): unique across processes, ordered by time of creation. */
export const uuidSource: IdSource = { next: () => v7() };
