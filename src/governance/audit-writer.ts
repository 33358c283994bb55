import { type Conflict, ConflictError, MLOpsError } from '../errors.js';
import type { IdSource } from '../util/ids.js';
import type { JsonValue } from '../util/json.js';
import { auditStartsCollection } from '../storage/checked-change.js';
import type { Change, Storage } from '../storage/storage.js';
import { type AuditEntry, type ChainTail, asAuditRecord, chainRecord, emptyTail, tailAfter } from './audit-record.js';
import { type LogPlace, checkPlace, findLogPlace } from './audit/log-start.js';
import type { NewStart } from './audit/move-log.js';

/** Most operations committed together, so that nobody waits long for others. */
const mostTogether = 100;

interface Operation {
  readonly changes: readonly Change[];
  readonly entry: AuditEntry;
  readonly newStart: NewStart | undefined;
}

/** An operation that came while another was being committed. */
interface Waiting extends Operation {
  readonly resolve: (length: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Extends the audit chain of a store for this process. Operations that wait at the same time are committed together, with
 * their records in the order in which they came: one flush for all of them, where each would wait for those before it. Each
 * is judged by itself all the same: what one of them expected and did not find fails that one only.
 */
class AuditWriter {
  /** The end of the chain, as this process last saw it. */
  #seen: ChainEnd | undefined;
  readonly #waiting: Waiting[] = [];
  #isWriting = false;

  constructor(
    private readonly storage: Storage,
    private readonly ids: IdSource,
  ) {}

  async commit(operation: Operation): Promise<number> {
    if (this.#isWriting) return new Promise((resolve, reject) => this.#waiting.push({ ...operation, resolve, reject }));
    this.#isWriting = true;
    try {
      for (;;) {
        try {
          return await this.#extend([operation]);
        } catch (error) {
          if (!this.#isToBeRepeated(operation, error)) throw error;
        }
      }
    } finally {
      if (this.#waiting.length === 0) this.#isWriting = false;
      else void this.#writeWaiting();
    }
  }

  /** Never rejects: whoever waits is told. */
  async #writeWaiting(): Promise<void> {
    let again: readonly (readonly Waiting[])[] = [];
    while (again.length > 0 || this.#waiting.length > 0) {
      const [batch = this.#waiting.splice(0, countTogether(this.#waiting)), ...others] = again;
      again = others;
      try {
        const end = await this.#extend(batch);
        for (const [i, { resolve }] of batch.entries()) resolve(end - batch.length + i + 1);
      } catch (error) {
        again = [...this.#afterFailure(batch, error), ...others];
      }
    }
    this.#isWriting = false;
  }

  /**
   * Tells those whose commit has failed.
   *
   * @returns the others, in the batches in which they are to be tried again
   */
  #afterFailure(batch: readonly Waiting[], error: unknown): readonly (readonly Waiting[])[] {
    if (this.#isToBeRepeated(batch[0]!, error)) return [batch];
    if (batch.length > 1) {
      const name = error instanceof ConflictError ? nameOf(error.conflict) : undefined;
      const failed = batch.filter(({ changes }) => changes.some((change) => nameOf(change) === name));
      const others = batch.filter((waiting) => !failed.includes(waiting));
      for (const { reject } of failed) reject(error);
      if (failed.length > 0) return others.length > 0 ? [others] : [];
      if (isOfOne(error)) return batch.map((waiting) => [waiting]);
    }
    for (const { reject } of batch) reject(error);
    return [];
  }

  /** Whether others extended the log in between. Where it was moved, a move of it is to be planned anew. */
  #isToBeRepeated({ newStart }: Operation, error: unknown): boolean {
    const place = this.#seen?.place;
    this.#seen = undefined; // whatever happened, the end of the log is to be read again
    if (place === undefined || !(error instanceof ConflictError) || !isAboutAudit(error, place)) return false;
    return newStart === undefined || error.conflict.kind === 'stream';
  }

  /** @returns the records of the log with these operations, each of which has one, in their order */
  async #extend(batch: readonly Operation[]): Promise<number> {
    const { place, tail } = (this.#seen ??= await readChain(this.storage, this.ids));
    const values: JsonValue[] = [];
    let end = tail;
    for (const { entry } of batch) {
      const { record, tail: after } = chainRecord(entry, end);
      values.push(record as unknown as JsonValue);
      end = after;
    }
    const { newStart } = batch[0]!;
    const changes = [...together(batch)];
    if (newStart === undefined) {
      changes.push({ kind: 'append', stream: place.stream, values, expect: tail.length - place.from });
      // A log that was moved leaves an empty stream behind, which looks like that of a new log.
      if (tail.length === place.from) changes.push(checkPlace(place));
    } else {
      const { moveLog } = await import('./audit/move-log.js'); // a log is rarely moved
      changes.push(...(await moveLog(this.storage, place, tail.length, newStart, values)));
    }
    await this.storage.commit(changes, { durability: 'power' });
    this.#seen = newStart === undefined ? { place, tail: end } : undefined;
    return end.length;
  }
}

/** How many of those who wait longest can be committed together. */
function countTogether(waiting: readonly Waiting[]): number {
  if (waiting.length === 1 || waiting[0]?.newStart !== undefined) return 1; // a move of the log goes alone
  const named = new Map<string, Change>();
  for (const [i, { changes, newStart }] of waiting.entries()) {
    if (i === mostTogether || newStart !== undefined) return i;
    if (changes.some((change) => !goesWith(change, named.get(nameOf(change))))) return i;
    for (const change of changes) named.set(nameOf(change), change);
  }
  return waiting.length;
}

/** A commit names a record or a stream once; several may expect the same of a record that none of them changes. */
const goesWith = (change: Change, other: Change | undefined): boolean =>
  other === undefined || (change.kind === 'check' && other.kind === 'check' && change.expect === other.expect);

/** All changes, with what several of them check checked once. */
function together(batch: readonly Operation[]): readonly Change[] {
  if (batch.length === 1) return batch[0]!.changes;
  const checked = new Set<string>();
  return batch
    .flatMap(({ changes }) => changes)
    .filter((change) => {
      if (change.kind !== 'check') return true;
      const isFirst = !checked.has(nameOf(change));
      checked.add(nameOf(change));
      return isFirst;
    });
}

/** No collection holds a line break. */
const nameOf = (named: Change | Conflict): string =>
  'stream' in named ? named.stream : `${named.collection}\n${named.id}`;

/** Whether nothing was written, for a reason that may lie in one commit of several: its input, or its size. */
const isOfOne = (error: unknown): boolean =>
  error instanceof MLOpsError && ['INVALID_INPUT', 'STORAGE_FULL'].includes(error.code);

const writers = new WeakMap<Storage, AuditWriter>();

/**
 * Commits changes and their audit record as one; tries again when only the log's end had moved.
 *
 * @param newStart where the log is to begin from now on
 * @returns records in the log now, those included that were removed
 */
export function commitAudited(
  storage: Storage,
  ids: IdSource,
  changes: readonly Change[],
  entry: AuditEntry,
  newStart?: NewStart,
): Promise<number> {
  let writer = writers.get(storage);
  if (writer === undefined) writers.set(storage, (writer = new AuditWriter(storage, ids)));
  return writer.commit({ changes, entry, newStart });
}

interface ChainEnd {
  readonly place: LogPlace;
  readonly tail: ChainTail;
}

async function readChain(storage: Storage, ids: IdSource): Promise<ChainEnd> {
  for (;;) {
    const place = await findLogPlace(storage);
    const { stream, from } = place;
    const { length } = await storage.read(stream, { limit: 0 });
    const last = length === 0 ? undefined : (await storage.read(stream, { from: length - 1, limit: 1 })).entries[0];
    if (last !== undefined) return { place, tail: tailAfter(asAuditRecord(last.value, from + length - 1)) };
    if ((await findLogPlace(storage)).stream !== stream) continue; // moved just now
    if (from + length === 0) return { place, tail: emptyTail(ids.next()) };
    throw new MLOpsError(
      'CORRUPT',
      `the audit trail has lost its records from ${from} on; restore the store from a backup`,
    );
  }
}

const isAboutAudit = ({ conflict }: ConflictError, { stream }: LogPlace): boolean =>
  conflict.kind === 'stream' ? conflict.stream === stream : conflict.collection === auditStartsCollection;
