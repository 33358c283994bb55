import { MLOpsError } from '../errors.js';
import type { Clock } from '../util/clock.js';
import { systemTimer } from '../util/timer.js';
import type { BufferedRun } from './buffered-run.js';
import { LoopDelay } from './loop-delay.js';

/** Samples what this process uses while a run is under way, as metrics of the run. Never fails. */
export class SystemSampler {
  readonly #stopTimer: () => void;
  readonly #delay = new LoopDelay();
  #cpu = process.cpuUsage();
  #sampledAt = performance.now();
  #isStopped = false;

  /** @param startedAt of the run, UTC milliseconds: steps are whole seconds since then */
  constructor(
    private readonly buffer: BufferedRun,
    intervalMs: number,
    private readonly startedAt: number,
    private readonly clock: Clock,
  ) {
    this.#stopTimer = systemTimer.every(intervalMs, () => this.#tick());
  }

  /** Takes a last sample and stores what there is. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#sample();
    this.#halt();
    await this.buffer.close().catch(() => undefined);
  }

  #halt(): void {
    this.#isStopped = true;
    this.#stopTimer();
    this.#delay.stop();
  }

  #tick(): void {
    const { failure } = this.buffer;
    const isOver = failure instanceof MLOpsError && /^(ILLEGAL_STATE|NOT_FOUND|CLOSED)$/.test(failure.code);
    if (isOver)
      this.#halt(); // the run ended elsewhere
    else this.#sample();
  }

  #sample(): void {
    const now = performance.now();
    const { user, system } = process.cpuUsage(this.#cpu);
    const elapsedMs = now - this.#sampledAt;
    this.#cpu = process.cpuUsage();
    this.#sampledAt = now;
    const delay = this.#delay.take();
    const { rss, heapUsed } = process.memoryUsage();
    this.buffer.logMetrics(
      {
        'system.cpu_percent': elapsedMs > 0 ? (100 * (user + system)) / 1_000 / elapsedMs : 0,
        'system.memory_resident_bytes': rss,
        'system.heap_used_bytes': heapUsed,
        'system.event_loop_delay_mean_ms': delay.mean,
        'system.event_loop_delay_max_ms': delay.max,
      },
      { step: Math.max(0, Math.floor((this.clock.now() - this.startedAt) / 1_000)) },
    );
  }
}
