/** What scripts can branch on. */
export const exitCode = {
  ok: 0,
  /** The operation failed. */
  failed: 1,
  /** The command line was wrong. */
  usage: 2,
  /** Drift was found, a gate refused, or verification found damage: the command worked, the answer is "no". */
  found: 3,
  /** Ended by Ctrl-C. */
  interrupted: 130,
} as const;
