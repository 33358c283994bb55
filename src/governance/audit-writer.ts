import { ConflictError, MLOpsError } from '../errors.js';
import type { IdSource } from '../util/ids.js';
import type { JsonValue } from '../util/json.js';
import { Mutex } from '../util/mutex.js';
import { auditStartsCollection } from '../storage/checked-change.js';
import type { Change, Storage } from '../storage/storage.js';
import {
  type AuditEntry,
  type AuditRecord,
  type ChainTail,
  chainRecord,
  emptyTail,
  tailAfter,
} from './audit-record.js';
import { type LogPlace, checkPlace, findLogPlace } from './audit/log-start.js';
import { type NewStart, moveLog } from './audit/move-log.js';

/** The end of a store's audit chain as this process last saw it, and the queue of those who extend it. */
interface Chain {
  readonly mutex: Mutex;
  seen: { readonly place: LogPlace; readonly tail: ChainTail } | undefined;
}

const chains = new WeakMap<Storage, Chain>();

function chainOf(storage: Storage): Chain {
  let chain = chains.get(storage);
  if (chain === undefined) chains.set(storage, (chain = { mutex: new Mutex(), seen: undefined }));
  return chain;
}

/**
 * Commits changes and their audit record as one; tries again when only the log's end had moved.
 *
 * @param newStart where the log is to begin from now on
 * @returns records in the log now, those included that were removed
 */
export async function commitAudited(
  storage: Storage,
  ids: IdSource,
  changes: readonly Change[],
  entry: AuditEntry,
  newStart?: NewStart,
): Promise<number> {
  const chain = chainOf(storage);
  return chain.mutex.run(async () => {
    for (;;) {
      chain.seen ??= await readChain(storage, ids);
      const { place, tail } = chain.seen;
      const { record, tail: after } = chainRecord(entry, tail);
      const values = [record as unknown as JsonValue];
      const ends =
        newStart === undefined
          ? [
              { kind: 'append', stream: place.stream, values, expect: tail.length - place.from } as const,
              // A log that was moved leaves an empty stream behind, which looks like that of a new log.
              ...(tail.length === place.from ? [checkPlace(place)] : []),
            ]
          : await moveLog(storage, place, tail.length, newStart, values);
      try {
        await storage.commit([...changes, ...ends], { durability: 'power' });
        chain.seen = newStart === undefined ? { place, tail: after } : undefined;
        return after.length;
      } catch (error) {
        chain.seen = undefined; // whatever happened, the end of the log is to be read again
        if (!(error instanceof ConflictError) || !isAboutAudit(error, place)) throw error;
        if (newStart !== undefined && error.conflict.kind !== 'stream') throw error; // it was moved: to be planned anew
      }
    }
  });
}

async function readChain(storage: Storage, ids: IdSource): Promise<NonNullable<Chain['seen']>> {
  for (;;) {
    const place = await findLogPlace(storage);
    const { stream, from } = place;
    const { length } = await storage.read(stream, { limit: 0 });
    const last = length === 0 ? undefined : (await storage.read(stream, { from: length - 1, limit: 1 })).entries[0];
    if (last !== undefined) return { place, tail: tailAfter(last.value as unknown as AuditRecord) };
    if ((await findLogPlace(storage)).stream !== stream) continue; // moved just now
    if (from === 0) return { place, tail: emptyTail(ids.next()) };
    throw new MLOpsError(
      'CORRUPT',
      `the audit trail has lost its records from ${from} on; restore the store from a backup`,
    );
  }
}

const isAboutAudit = ({ conflict }: ConflictError, { stream }: LogPlace): boolean =>
  conflict.kind === 'stream' ? conflict.stream === stream : conflict.collection === auditStartsCollection;
