/** What the service answers, and what the load notes of it. */
export interface Answer {
  readonly pid: number;
  readonly version: string | undefined;
  readonly deploymentId: string | undefined;
  readonly reason: string;
  readonly prediction: number | undefined;
}

/** Answers of one worker that count for one deployment. */
export interface Tally {
  readonly pid: number;
  readonly deploymentId: string;
  /** Assigned by chance, and so counted by the worker as routed. */
  routed: number;
  /** Among them those whose outcome it recorded: the version that was chosen answered. */
  recorded: number;
  /** When the answers arrived, UTC milliseconds. */
  readonly arrivedAt: number[];
}

/** Answers of a quarter of a second. */
export interface Slice {
  /** UTC milliseconds. */
  readonly at: number;
  readonly versions: Record<string, number>;
}

/** What the load has to say in the end. */
export interface LoadReport {
  readonly sent: number;
  readonly answered: number;
  /** Attempts that broke (a worker died) and were made again. */
  readonly retried: number;
  readonly tallies: readonly Tally[];
  readonly slices: readonly Slice[];
}
