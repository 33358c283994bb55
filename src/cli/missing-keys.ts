/** A line of its own when keys are missing, none otherwise. */
export const sayMissingKeys = (ids: readonly string[]): readonly string[] =>
  ids.length === 0
    ? []
    : [`the keys ${ids.join(', ')} are not there: put the key file in its place before anything is read`];
