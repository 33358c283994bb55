import { teller } from '../../util/tell.js';
import type { Timer } from '../../util/timer.js';
import type { DueChecksResult } from './alerts-options.js';

/** Alerting by itself, until it is stopped. */
export interface AlertsAutomation {
  /** Waits for a look that is under way. */
  stop(): Promise<void>;
}

/** Looks again and again, never twice at once. While the checks of a look take long, what is known is told all the same. */
export class AlertLoop implements AlertsAutomation {
  readonly #stopTimer: () => void;
  #running: Promise<void> | undefined;
  #telling: Promise<void> | undefined;

  /**
   * @param look makes the checks that are due, and tells
   * @param tell only tells
   */
  constructor(
    look: () => Promise<Pick<DueChecksResult, 'checks'>>,
    tell: () => Promise<unknown>,
    everyMs: number,
    timer: Timer,
    onError: ((error: unknown) => unknown) | undefined,
  ) {
    const report =
      onError === undefined
        ? (error: unknown) =>
            process.emitWarning(`alerts: looking failed, and is tried again: ${String(error)}`, 'MLOpsWarning')
        : teller('onError of automatic alerts', onError);
    const tellOf = ({ checks }: Pick<DueChecksResult, 'checks'>): void => {
      for (const { kind, modelName, error } of checks)
        if (error !== undefined) report(new Error(`the ${kind} check of ${modelName}: ${error}`));
    };
    this.#stopTimer = timer.every(everyMs, () => {
      if (this.#running === undefined)
        this.#running = look()
          .then(tellOf)
          .catch(report)
          .finally(() => (this.#running = undefined));
      else
        this.#telling ??= tell()
          .then(() => undefined, report)
          .finally(() => (this.#telling = undefined));
    });
  }

  async stop(): Promise<void> {
    this.#stopTimer();
    await Promise.all([this.#running, this.#telling]);
  }
}
