/** Freezes a plain value and everything in it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  if (Array.isArray(value)) {
    for (const member of value) deepFreeze(member);
  } else {
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}
