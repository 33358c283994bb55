import { auditStartsCollection as startsCollection } from '../../storage/checked-change.js';
import type { Change, Storage } from '../../storage/storage.js';
import type { JsonValue } from '../../util/json.js';
import { type LogPlace, type LogStart, movedMeanwhile, putLogStart } from './log-start.js';

/** From where on a log is kept. */
export interface NewStart {
  readonly start: LogStart;
  /** Version of where the log was when the start was made: it counts from there. */
  readonly since: LogPlace['version'];
  /** The stream that what is left goes to: one that nobody ever wrote to. */
  readonly stream: string;
}

/** Records copied at a time. */
const batch = 1_000;

/** Names the stream of a move that is under way, so that the next one can clear up after a process that died. */
const unfinishedId = 'unfinished';

/**
 * Copies the records that stay to a stream of their own. What is returned makes it the log's, together with whatever
 * else is committed; until then nobody looks there.
 *
 * @param length records of the log now, those included that were removed before
 * @param next what the log is to end with
 */
export async function moveLog(
  storage: Storage,
  place: LogPlace,
  length: number,
  { start, since, stream }: NewStart,
  next: readonly JsonValue[],
): Promise<readonly Change[]> {
  if (place.version !== since) throw movedMeanwhile(since, place.version);
  const left = await storage.get(startsCollection, unfinishedId);
  const leftStream = (left?.value as { readonly stream: string } | undefined)?.stream;
  if (leftStream !== stream) {
    const isLeft = leftStream !== undefined && leftStream !== place.stream;
    await storage.commit([
      {
        kind: 'put',
        collection: startsCollection,
        id: unfinishedId,
        value: { stream },
        expect: left?.version ?? 'absent',
      },
      ...(isLeft ? [{ kind: 'drop', stream: leftStream } as const] : []),
    ]);
  }
  let { length: copied } = await storage.read(stream, { limit: 0 });
  while (start.size + copied < length) {
    const from = start.size + copied - place.from;
    const { entries } = await storage.read(place.stream, { from, to: length - place.from, limit: batch });
    if (entries.length === 0) break; // moved by somebody else: the commit will say so
    const values = entries.map(({ value }) => value);
    await storage.commit([{ kind: 'append', stream, values, expect: copied }]);
    copied += values.length;
  }
  return [
    putLogStart({ ...start, stream }, place),
    { kind: 'append', stream, values: next, expect: length - start.size },
    { kind: 'drop', stream: place.stream, expect: length - place.from },
    { kind: 'delete', collection: startsCollection, id: unfinishedId, expect: 'any' },
  ];
}
