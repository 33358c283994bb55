/** Machine-readable kind of an {@link MLOpsError}. Messages may change between versions; codes do not. */
export type ErrorCode =
  | 'INVALID_INPUT'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'CONFLICT'
  | 'ILLEGAL_STATE'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'POLICY_INVALID'
  | 'UNSUPPORTED'
  | 'MISSING_DEPENDENCY'
  | 'CORRUPT'
  | 'KEY_UNAVAILABLE'
  | 'SIGNATURE_INVALID'
  | 'STORAGE_UNAVAILABLE'
  | 'STORAGE_FULL'
  | 'STORAGE_READ_ONLY'
  | 'STORAGE_FORMAT'
  | 'CLOSED'
  | 'ABORTED'
  | 'COMMAND_FAILED'
  | 'INTERNAL';

/**
 * The one error class of the library. The message says what was wrong, what was expected and what to do next.
 * Expected outcomes (a refused promotion, drift found) are returned values, never errors.
 */
export class MLOpsError extends Error {
  override readonly name: string = 'MLOpsError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** Whether it is about stored bytes that are not those that were written. */
export const isDamage = (error: unknown): error is MLOpsError =>
  error instanceof MLOpsError && error.code === 'CORRUPT';

/** What a lost race was about: the precondition of a commit, and what was found instead. */
export type Conflict =
  | {
      readonly kind: 'record';
      readonly collection: string;
      readonly id: string;
      /** The version the commit was built on, or `absent`. */
      readonly expected: number | 'absent';
      readonly actual: number | 'absent';
    }
  | { readonly kind: 'stream'; readonly stream: string; readonly expected: number; readonly actual: number };

/** A commit whose precondition no longer held: nothing of it was written. Read again and retry. */
export class ConflictError extends MLOpsError {
  override readonly name = 'ConflictError';

  constructor(readonly conflict: Conflict) {
    const what =
      conflict.kind === 'record'
        ? `record ${conflict.collection}/${conflict.id} is at version ${conflict.actual}`
        : `stream ${conflict.stream} has ${conflict.actual} entries`;
    super('CONFLICT', `${what}, expected ${conflict.expected}: somebody else wrote first; read again and retry`);
  }
}

/** One problem in a policy, located in its file. Lines and columns count from 1. */
export interface PolicyIssue {
  readonly message: string;
  /** Dotted key, such as `drift.ks_test_threshold`; empty for the document as a whole. */
  readonly path: string;
  readonly line?: number;
  readonly column?: number;
}

/** A policy that cannot be used. Carries every problem found, not only the first. */
export class PolicyError extends MLOpsError {
  override readonly name = 'PolicyError';

  constructor(
    readonly issues: readonly PolicyIssue[],
    /** The policy file, when it came from one. */
    readonly file?: string,
    options?: { cause?: unknown },
  ) {
    super('POLICY_INVALID', issues.map((issue) => describePolicyIssue(issue, file)).join('\n'), options);
  }

  /** Line of the first problem. */
  get line(): number | undefined {
    return this.issues[0]?.line;
  }

  /** Column of the first problem. */
  get column(): number | undefined {
    return this.issues[0]?.column;
  }
}

function describePolicyIssue(issue: PolicyIssue, file: string | undefined): string {
  const place = [file ?? 'policy', issue.line, issue.column].filter((part) => part !== undefined).join(':');
  return issue.path === '' ? `${place}: ${issue.message}` : `${place}: ${issue.path}: ${issue.message}`;
}

/** What is the matter with the signature of a version's files. */
export type SignatureProblem = 'unsigned' | 'unknown_key' | 'revoked_key' | 'altered_manifest' | 'unlisted_file';

/** Files that are not, or not provably, those that were registered. Nothing of them is used. */
export class SignatureError extends MLOpsError {
  override readonly name = 'SignatureError';

  constructor(
    readonly problem: SignatureProblem,
    message: string,
  ) {
    super('SIGNATURE_INVALID', message);
  }
}

/** Why a program of the user's gave no model. */
export type CommandFailure =
  | { readonly kind: 'not_started' }
  | { readonly kind: 'exit'; readonly exitCode: number }
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'time_limit'; readonly limitMs: number }
  | { readonly kind: 'memory_limit'; readonly limitBytes: number; readonly usedBytes: number }
  /** A file that it should have written is not there, or is not what it should be. */
  | { readonly kind: 'output'; readonly file: string };

/** A trainer program that ended without what was asked of it. Nothing of what it wrote is used. */
export class CommandError extends MLOpsError {
  override readonly name = 'CommandError';

  constructor(
    readonly failure: CommandFailure,
    message: string,
    options?: { cause?: unknown },
  ) {
    super('COMMAND_FAILED', message, options);
  }
}
