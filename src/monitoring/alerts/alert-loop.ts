import type { Timer } from '../../util/timer.js';
import type { DueChecksResult } from './alerts-options.js';

/** Alerting by itself, until it is stopped. */
export interface AlertsAutomation {
  /** Waits for a look that is under way. */
  stop(): Promise<void>;
}

/** Looks again and again, never twice at once. */
export class AlertLoop implements AlertsAutomation {
  readonly #stopTimer: () => void;
  #running: Promise<void> | undefined;

  constructor(
    look: () => Promise<Pick<DueChecksResult, 'checks'>>,
    everyMs: number,
    timer: Timer,
    onError: ((error: unknown) => void) | undefined,
  ) {
    const report =
      onError ??
      ((error: unknown) =>
        process.emitWarning(`alerts: looking failed, and is tried again: ${String(error)}`, 'MLOpsWarning'));
    const tellOf = ({ checks }: Pick<DueChecksResult, 'checks'>): void => {
      for (const { kind, modelName, error } of checks)
        if (error !== undefined) report(new Error(`the ${kind} check of ${modelName}: ${error}`));
    };
    this.#stopTimer = timer.every(everyMs, () => {
      this.#running ??= look()
        .then(tellOf)
        .catch(report)
        .finally(() => (this.#running = undefined));
    });
  }

  async stop(): Promise<void> {
    this.#stopTimer();
    await this.#running;
  }
}
