/** Segments a process tells apart; the rest go under {@link otherSegment}. */
export const segmentLimit = 64;

export const otherSegment = '(other)';

/** The collector of a segment, made when first met. */
export function ofSegment<T>(segments: Map<string, T>, name: string, create: () => T): T {
  const known = segments.get(name);
  if (known !== undefined) return known;
  const key = segments.size < segmentLimit ? storableSegment(name) : otherSegment;
  let collector = segments.get(key);
  if (collector === undefined) segments.set(key, (collector = create()));
  return collector;
}

/** Names that a JSON record could not hold would keep the whole process from storing anything. */
export const storableSegment = (name: unknown): string => (isStorable(name) ? name : otherSegment);

const isStorable = (name: unknown): name is string =>
  typeof name === 'string' && name.isWellFormed() && !['__proto__', 'constructor', 'prototype'].includes(name);

/** What each segment has collected, in the order of their names; segments without news are left out. */
export function takeSegments<T, V>(
  segments: ReadonlyMap<string, T>,
  take: (collector: T) => V,
  isEmpty: (taken: V) => boolean,
): Record<string, V> {
  const names = [...segments.keys()].sort((a, b) => (a < b ? -1 : 1));
  const taken = names.map((name): [string, V] => [name, take(segments.get(name)!)]);
  return Object.fromEntries(taken.filter(([, statistics]) => !isEmpty(statistics)));
}
