import { randomFillSync } from 'node:crypto';
import { coarseClock } from './coarse-clock.js';

/** Source of unique ids. */
export interface IdSource {
  next(): string;
}

/** Where an {@link uuidV7Source} gets the time and its random bits from. */
export interface UuidInputs {
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** Fills all of it with unpredictable bytes. */
  readonly fillRandom: (bytes: Uint8Array) => unknown;
}

/** Ids that differ only in their last three digits share everything before. */
const runLength = 0x1000;

/** The last digits of the ids of a run. */
const endings = Array.from({ length: runLength }, (_, i) => i.toString(16).padStart(3, '0'));

const hexBytes = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

/** Random bytes are drawn this many at a time. */
const poolSize = 4096;

/** Random bytes one millisecond takes. */
const drawSize = 10;

/**
 * UUIDv7 of RFC 9562: unique across processes, and each greater than the one before, also within a millisecond and when
 * the clock goes back. The first id of a millisecond has 72 fresh random bits (of 74; the highest bit of both counters is clear);
 * those after it count up from there (section 6.2, method 2), so an id tells its neighbours: it is a name, not a secret.
 */
export function uuidV7Source({ now, fillRandom }: UuidInputs): IdSource {
  const pool = new Uint8Array(poolSize);
  let used = poolSize;
  let time = -1;
  let start = '';
  /** The 36 bits before the ending, as a number. */
  let middle = 0;
  let head = '';
  let ending = 0;

  const setHead = (): void => {
    head = start + middle.toString(16).padStart(9, '0');
  };

  const beginMillisecond = (ms: number): void => {
    if (used + drawSize > poolSize) {
      fillRandom(pool);
      used = 0;
    }
    const at = used;
    used += drawSize;
    time = ms;
    const stamp = ms.toString(16).padStart(12, '0');
    const a = hexBytes[pool[at]!]!;
    const b = hexBytes[pool[at + 1]!]!;
    const c = hexBytes[0x80 | (pool[at + 2]! & 0x3f)]!;
    start = `${stamp.slice(0, 8)}-${stamp.slice(8)}-7${a}${b[0]}-${c}${hexBytes[pool[at + 3]!]}-`;
    // The highest bit stays clear, so that counting cannot run out.
    middle = (pool[at + 4]! & 0x3f) * 2 ** 29 + pool[at + 5]! * 2 ** 21 + pool[at + 6]! * 2 ** 13;
    middle += pool[at + 7]! * 2 ** 5 + (pool[at + 8]! >> 3);
    ending = ((pool[at + 8]! & 0x07) << 8) | pool[at + 9]!;
    setHead();
  };

  const next = (): string => {
    const ms = now();
    if (ms > time) beginMillisecond(ms);
    else if (++ending === runLength) {
      ending = 0;
      middle++;
      setHead();
    }
    return head + endings[ending]!;
  };
  return { next };
}

/** UUIDv7 by the system's clock (to a millisecond or a turn of the event loop) and randomness, one source a process. */
export const uuidSource: IdSource = uuidV7Source({ now: coarseClock(Date.now), fillRandom: randomFillSync });
