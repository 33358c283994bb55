import type { PolicyFile } from './schema.js';

/** What single keys cannot say: keys that contradict each other, and values that are known but not to be had. */
export interface Rule {
  /** The keys it looks at, the one to blame first. */
  readonly paths: readonly (readonly string[])[];
  /** What is wrong and what to do, and the key to blame where that is a member of one with free names; or undefined. */
  problem(policy: PolicyFile): string | { readonly path: readonly string[]; readonly message: string } | undefined;
}
