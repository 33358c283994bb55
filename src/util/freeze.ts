/** Freezes a plain value and everything in it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  if (Array.isArray(value)) {
    // Millions of points of three numbers come through here: nothing is allocated, and numbers are passed over.
    for (let i = 0; i < value.length; i++) if (typeof value[i] === 'object') deepFreeze(value[i]);
  } else {
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}
