/** Where in a file something stands; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Where a value of the policy came from. */
export type Origin =
  | { readonly kind: 'file'; readonly key: Place; readonly value: Place }
  | { readonly kind: 'variable'; readonly name: string };

/** Origins by shown path; a value that came from an object in memory has none. */
export type Origins = Map<string, Origin>;
