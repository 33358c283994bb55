import { tell, warnOf } from '../../util/tell.js';
import type { Timer } from '../../util/timer.js';
import type { DueOutcome, RunDueOptions } from './run-due.js';

/** How {@link RetrainPipeline.automate} repeats its look at what is due. */
export interface AutomateRetrainingOptions extends Omit<RunDueOptions, 'signal'> {
  /** How often reports and calendar are looked at, milliseconds; 15 minutes unless told. */
  readonly everyMs?: number;
  /** Told of every retraining that was begun, and of those that failed, as soon as each has ended. Without it, failures are warned of. */
  readonly onOutcome?: (outcome: DueOutcome) => unknown;
  /** Told when even looking failed; it is tried again. Without it, a warning is printed. */
  readonly onError?: (error: unknown) => unknown;
}

export const automateOptionNames = ['models', 'onProgress', 'everyMs', 'onOutcome', 'onError'];

/** Retraining by itself, until it is stopped. */
export interface RetrainingAutomation {
  /** Interrupts a retraining under way, which the next look resumes, in this process or another, and waits for it. */
  stop(): Promise<void>;
}

/** Of the interval, at most so much longer: processes that were started together do not ask together for long. */
const jitter = 0.1;

/** Looks again and again, never twice at once, without keeping the process alive. */
export class RetrainingLoop implements RetrainingAutomation {
  readonly #controller = new AbortController();
  readonly #stopTimer: () => void;
  #running: Promise<void> | undefined;

  /**
   * @param look one look at everything, which tells of each model; rejects only when looking itself failed
   * @param spread from 0 to 1: this process's share of the jitter
   */
  constructor(
    private readonly look: (signal: AbortSignal, tell: (outcome: DueOutcome) => void) => Promise<void>,
    private readonly options: AutomateRetrainingOptions & { readonly everyMs: number },
    timer: Timer,
    spread: number,
  ) {
    this.#stopTimer = timer.every(options.everyMs * (1 + jitter * spread), () => {
      this.#running ??= this.#once().finally(() => (this.#running = undefined));
    });
  }

  async stop(): Promise<void> {
    this.#stopTimer();
    this.#controller.abort();
    await this.#running;
  }

  async #once(): Promise<void> {
    const { signal } = this.#controller;
    try {
      await this.look(signal, (outcome) => this.#tell(outcome));
    } catch (error) {
      if (!signal.aborted) this.#report('looking for what is due failed, and is tried again', error);
    }
  }

  #tell(outcome: DueOutcome): void {
    const { modelName, trigger, error } = outcome;
    const { onOutcome } = this.options;
    if (trigger === null && error === undefined) return;
    if (onOutcome === undefined) {
      if (error !== undefined) this.#warn(`${modelName} (${trigger ?? 'not looked at'}) failed`, error.message);
      return;
    }
    tell(onOutcome, [outcome], (failure) => this.#report('onOutcome failed', failure)); // holds no other model up
  }

  #report(what: string, error: unknown): void {
    const { onError } = this.options;
    if (onError !== undefined) tell(onError, [error], warnOf('onError of automatic retraining'));
    else this.#warn(what, String(error));
  }

  #warn(what: string, why: string): void {
    process.emitWarning(`retraining: ${what}: ${why}`, 'MLOpsWarning');
  }
}
