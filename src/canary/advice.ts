/** What an automatic rollout does with a verdict. */
export interface Advice {
  readonly action: 'promote' | 'rollback' | 'advance' | 'wait';
  readonly reason: string;
  /** Index of the planned step to begin, when the action is `advance`. */
  readonly step?: number;
}
