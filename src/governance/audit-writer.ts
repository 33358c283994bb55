import { ConflictError } from '../errors.js';
import type { IdSource } from '../util/ids.js';
import type { JsonValue } from '../util/json.js';
import { Mutex } from '../util/mutex.js';
import type { Change, Storage } from '../storage/storage.js';
import { type AuditEntry, type ChainTail, chainRecord } from './audit-record.js';
import { auditStream, readChainTail } from './audit-trail.js';

/** The end of a store's audit chain as this process last saw it, and the queue of those who extend it. */
interface Chain {
  readonly mutex: Mutex;
  tail: ChainTail | undefined;
}

const chains = new WeakMap<Storage, Chain>();

function chainOf(storage: Storage): Chain {
  let chain = chains.get(storage);
  if (chain === undefined) chains.set(storage, (chain = { mutex: new Mutex(), tail: undefined }));
  return chain;
}

/**
 * Commits changes and their audit record as one; tries again when only the log's end had moved.
 *
 * @returns records in the log now
 */
export async function commitAudited(
  storage: Storage,
  ids: IdSource,
  changes: readonly Change[],
  entry: AuditEntry,
): Promise<number> {
  const chain = chainOf(storage);
  return chain.mutex.run(async () => {
    for (;;) {
      chain.tail ??= await readChainTail(storage, () => ids.next());
      const { record, tail } = chainRecord(entry, chain.tail);
      const append: Change = {
        kind: 'append',
        stream: auditStream,
        values: [record as unknown as JsonValue],
        expect: chain.tail.length,
      };
      try {
        await storage.commit([...changes, append], { durability: 'power' });
        chain.tail = tail;
        return tail.length;
      } catch (error) {
        chain.tail = undefined; // whatever happened, the end of the log is to be read again
        if (!(error instanceof ConflictError) || !isAboutAudit(error)) throw error;
      }
    }
  });
}

const isAboutAudit = ({ conflict }: ConflictError): boolean =>
  conflict.kind === 'stream' && conflict.stream === auditStream;
