/** A member of a map that is keyed by names of users, such as `toString`, which every object seems to have. */
export const own = <T>(map: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(map, key) ? map[key] : undefined;
