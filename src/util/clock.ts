/** Source of time. Milliseconds since the Unix epoch, UTC. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** ISO 8601 in UTC with milliseconds, the outside form of every timestamp. */
export const toIso = (ms: number): string => new Date(ms).toISOString();
