/** One check of a conformance suite, for any test runner: `for (const { name, run, skip } of cases) …`. */
export interface ConformanceCase {
  readonly name: string;
  /** Rejects, with an `AssertionError` of node:assert, when the adapter does not conform. */
  readonly run: () => Promise<void>;
  /** Why the case does not apply to this adapter; it must not be run then. */
  readonly skip?: string;
}
