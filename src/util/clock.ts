/** Source of time. Milliseconds since the Unix epoch, UTC. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

let latest = { second: NaN, text: '' };

/** ISO 8601 in UTC with milliseconds, the outside form of every timestamp. */
export function toIso(ms: number): string {
  const second = Math.floor(ms / 1000);
  // Most are of the second of the one before; JavaScript takes two microseconds to write a date.
  if (second !== latest.second) latest = { second, text: new Date(second * 1000).toISOString().slice(0, -4) };
  return `${latest.text}${String(Math.floor(ms) - second * 1000).padStart(3, '0')}Z`;
}
