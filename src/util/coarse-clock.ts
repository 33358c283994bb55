/** How long a reading may be used while the event loop turns, milliseconds. */
const freshMs = 1;

/**
 * A clock that is read at most once in a millisecond: reading the system's takes longer than the rest of routing a request,
 * and allocates. Its time is that of a moment at most {@link freshMs} old, or, within one turn of the event loop, of a moment
 * since the turn began. Good for names that hold a time; not for measuring.
 *
 * @param read the real clock, milliseconds
 */
export function coarseClock(read: () => number): () => number {
  let time = 0;
  let isFresh = false;
  let timer: NodeJS.Timeout | undefined;

  const look = (): void => {
    time = read();
    isFresh = true;
    if (timer === undefined) timer = setTimeout(() => (isFresh = false), freshMs).unref();
    else timer.refresh();
  };

  return () => {
    if (!isFresh) look();
    return time;
  };
}
