import type { BufferedRun } from './buffered-run.js';
import type { SystemSampler } from './system-metrics.js';

/** The buffers of one tracker, so that they are stored before their run ends or the tracker closes. */
export class RunBuffers {
  readonly #buffers = new Map<string, Set<BufferedRun>>();
  readonly #samplers = new Map<string, SystemSampler>();

  add(buffer: BufferedRun): BufferedRun {
    const buffers = this.#buffers.get(buffer.runId) ?? new Set();
    this.#buffers.set(buffer.runId, buffers.add(buffer));
    return buffer;
  }

  addSampler(runId: string, sampler: SystemSampler): void {
    this.#samplers.set(runId, sampler);
  }

  /** @throws what storing failed with; then nothing is forgotten */
  async close(runId: string): Promise<void> {
    await Promise.all(Array.from(this.#buffers.get(runId) ?? [], (buffer) => buffer.close()));
    await this.#samplers.get(runId)?.stop();
    this.#buffers.delete(runId);
    this.#samplers.delete(runId);
  }

  async closeAll(): Promise<void> {
    const runIds = new Set([...this.#buffers.keys(), ...this.#samplers.keys()]);
    const outcomes = await Promise.allSettled(Array.from(runIds, (runId) => this.close(runId)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }
}
