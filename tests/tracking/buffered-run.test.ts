import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { AuditLog, type Change, ExperimentTracker, MLOpsError, MemoryStorage } from '@bondx/mlops';
import { createWorld, failure } from '../helpers.js';

const steps = async (tracker: ExperimentTracker, runId: string, key = 'loss'): Promise<number[]> =>
  (await tracker.getMetricHistory(runId, key)).map(({ step }) => step);

const count = (length: number): number[] => Array.from({ length }, (_, step) => step);

/**
 * How a commit of metric points may go: well; refused; carried out although it is said to have failed; carried out later,
 * just before the next one, like a statement whose connection broke.
 */
type Fate = 'fine' | 'refused' | 'unheard' | 'late';

class UnsteadyStorage extends MemoryStorage {
  fates: Fate[] = [];
  #late: readonly Change[] | undefined;

  override async commit(...args: Parameters<MemoryStorage['commit']>): Promise<readonly number[]> {
    if (this.#late !== undefined) await super.commit(this.#late).catch(() => undefined);
    this.#late = undefined;
    const hasPoints = args[0].some((change) => change.kind === 'append' && change.stream.includes('/metric/'));
    const fate = hasPoints ? (this.fates.shift() ?? 'fine') : 'fine';
    if (fate === 'fine') return super.commit(...args);
    if (fate === 'unheard') await super.commit(...args);
    if (fate === 'late') this.#late = args[0];
    throw new MLOpsError('STORAGE_UNAVAILABLE', 'the connection broke');
  }
}

describe('a buffered run', () => {
  it('refuses more metrics than a run can have, at once, and what it has taken in is stored', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    const metrics = (start: number, end: number) =>
      Object.fromEntries(
        count(end)
          .slice(start)
          .map((i) => [`m${i}`, i]),
      );
    const buffer = tracker.bufferRun(runId);
    expect(buffer.logMetrics(metrics(0, 3_000))).toBe(true);
    expect(() => buffer.logMetrics({ one: 1 })).toThrow('at most 3000 are allowed');
    expect(buffer.logMetrics({ m0: 7 })).toBe(true);
    await buffer.flush();
    expect(await failure(tracker.logMetrics(runId, metrics(3_000, 3_001)))).toMatchObject({ code: 'INVALID_INPUT' });
    await tracker.endRun(runId);
    const run = await tracker.getRun(runId);
    expect([run.status, Object.keys(run.metrics).length, run.metrics['m0']?.last]).toEqual(['completed', 3_000, 7]);
  });

  it('takes points in at once, and stores them in order, in several batches', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    await using buffer = tracker.bufferRun(runId);
    for (const step of count(5_000))
      expect(buffer.logMetrics({ loss: step === 3 ? NaN : 1 / step }, { step })).toBe(true);
    expect(await buffer.flush()).toEqual({ stored: 5_000, dropped: 0 });
    expect(await steps(tracker, runId)).toEqual(count(5_000));
    expect((await tracker.getMetricHistory(runId, 'loss', { from: 3, limit: 1 }))[0]!.value).toBeNaN();
  });

  it('stores them by itself after the interval, beside others who write to the run', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    const buffer = tracker.bufferRun(runId, { flushIntervalMs: 5 });
    buffer.logMetrics({ loss: 1, mae: 2 });
    await tracker.logMetrics(runId, { loss: 3 }, { step: 1 });
    await vi.waitFor(() => expect(buffer.waiting).toBe(0), { timeout: 20_000 });
    expect((await tracker.getRun(runId)).metrics).toMatchObject({ loss: { count: 2 }, mae: { count: 1 } });
  });

  it('refuses what it has no room for, counts it, and the run records how much', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    const buffer = tracker.bufferRun(runId, { maxPoints: 101 });
    const accepted = count(60).filter((step) => buffer.logMetrics({ loss: step, mae: step }, { step }));
    expect(accepted).toEqual(count(50));
    expect([buffer.waiting, buffer.dropped]).toEqual([100, 20]);
    expect(await buffer.flush()).toEqual({ stored: 100, dropped: 20 });
    expect(buffer.logMetrics({ loss: 60 }, { step: 60 })).toBe(true);
    await tracker.endRun(runId);
    expect(await tracker.getRun(runId)).toMatchObject({ droppedPoints: 20, metrics: { loss: { count: 51 } } });
    const [record] = await new AuditLog(config, options).list({ action: 'tracking.end_run' });
    expect(record!.detail).toMatchObject({ droppedPoints: 20, metrics: { loss: { count: 51 } } });
  });

  it('loses and doubles nothing while storing fails, heard or unheard, at once or late', async () => {
    const fates = fc.array(fc.constantFrom<Fate>('fine', 'refused', 'unheard', 'late'), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fates, fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 8 }), async (fate, bursts) => {
        const { config, options } = createWorld();
        const storage = new UnsteadyStorage();
        const tracker = new ExperimentTracker(config, { ...options, storage });
        const runId = await tracker.startRun({ experimentName: 'e' });
        storage.fates = fate;
        const buffer = tracker.bufferRun(runId, { maxPoints: 20 });
        let next = 0;
        for (const burst of bursts) {
          for (let i = 0; i < burst; i++) if (buffer.logMetrics({ loss: next, mae: next }, { step: next })) next++;
          await buffer.flush().catch(() => undefined);
        }
        while (storage.fates.length > 0 && buffer.waiting > 0) await buffer.flush().catch(() => undefined);
        expect(await buffer.close()).toMatchObject({ stored: 2 * next });
        for (const key of next > 0 ? ['loss', 'mae'] : [])
          expect(await steps(tracker, runId, key)).toEqual(count(next));
        expect((await tracker.getRun(runId)).droppedPoints ?? 0).toBe(buffer.dropped);
      }),
      { numRuns: 150 },
    );
  });

  it('says why it cannot store, keeps the points, and goes on when it can', async () => {
    const { config, options } = createWorld();
    const storage = new UnsteadyStorage();
    const tracker = new ExperimentTracker(config, { ...options, storage });
    const runId = await tracker.startRun({ experimentName: 'e' });
    storage.fates = Array.from({ length: 10 }, () => 'refused');
    const buffer = tracker.bufferRun(runId, { flushIntervalMs: 10 });
    buffer.logMetrics({ loss: 1 });
    await vi.waitFor(() => expect(buffer.failure).toMatchObject({ code: 'STORAGE_UNAVAILABLE' }), {
      interval: 1,
      timeout: 20_000,
    });
    await vi.waitFor(() => expect(buffer.waiting).toBe(0), { timeout: 20_000 }); // tried again by itself
    expect(buffer.failure).toBeUndefined();
    storage.fates = ['refused', 'refused'];
    buffer.logMetrics({ loss: 2 });
    expect(await failure(buffer.flush())).toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    expect(await failure(tracker.endRun(runId))).toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    await tracker.endRun(runId);
    expect((await tracker.getRun(runId)).metrics['loss']!.count).toBe(2);
  });

  it('is stored before withRun ends the run', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.withRun({ experimentName: 'e' }, async (run) => {
      const buffer = run.buffer();
      for (const step of count(10)) buffer.logMetrics({ loss: step }, { step });
      return run.runId;
    });
    expect(await steps(tracker, runId)).toEqual(count(10));
  });

  it('refuses at once what could never be stored', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const buffer = tracker.bufferRun(await tracker.startRun({ experimentName: 'e' }));
    expect(() => buffer.logMetrics({ fine: 1, bad: 'x' as never })).toThrow('metric bad must be a number');
    expect(() => buffer.logMetrics({ '': 1 })).toThrow('must not be empty');
    expect(() => buffer.logMetrics({ a: 1 }, { step: 0.5 })).toThrow('whole number');
    expect(() => tracker.bufferRun('r', { maxPoints: 0 })).toThrow('maxPoints');
    expect(() => tracker.bufferRun('r', { flushIntervalMs: 0 })).toThrow('flushIntervalMs');
    expect(await buffer.close()).toEqual({ stored: 0, dropped: 0 });
    expect(() => buffer.logMetrics({ a: 1 })).toThrow('was closed');
    const orphan = tracker.bufferRun('none');
    orphan.logMetrics({ a: 1 });
    expect(await failure(orphan.flush())).toMatchObject({ code: 'NOT_FOUND' });
    expect(await failure(tracker.close())).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('records nothing when the policy says so', async () => {
    const { config, options } = createWorld({ tracking: { logMetrics: false, systemMetricsIntervalSeconds: 0.001 } });
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    expect(tracker.bufferRun(runId).logMetrics({ a: 1 })).toBe(true);
    await tracker.endRun(runId);
    expect((await tracker.getRun(runId)).metrics).toEqual({});
  });

  it('holds the caller for a small part of what an awaited call takes', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    const buffer = tracker.bufferRun(runId, { flushIntervalMs: 60_000 });
    const ratios: number[] = [];
    for (const round of count(15)) {
      const began = performance.now();
      for (const step of count(100)) buffer.logMetrics({ loss: round }, { step });
      const buffered = performance.now();
      for (const step of count(100)) await tracker.logMetrics(runId, { awaited: round }, { step });
      ratios.push((buffered - began) / (performance.now() - buffered));
    }
    expect(ratios.sort((a, b) => a - b)[7]).toBeLessThan(0.2);
    await buffer.close();
  });

  it('does not keep the process alive', async () => {
    const child = fileURLToPath(new URL('./children/buffer-and-exit.ts', import.meta.url));
    await promisify(execFile)(process.execPath, ['--import', 'tsx', child], { timeout: 25_000 });
  });
});

describe('system metrics', () => {
  const names = [
    'system.cpu_percent',
    'system.memory_resident_bytes',
    'system.heap_used_bytes',
    'system.event_loop_delay_mean_ms',
    'system.event_loop_delay_max_ms',
  ];

  it('are sampled while the run goes on, and stop with it', async () => {
    const { config, options, clock } = createWorld({ tracking: { systemMetricsIntervalSeconds: 0.01 } });
    const tracker = new ExperimentTracker(config, options);
    const without = await tracker.startRun({ experimentName: 'e', systemMetricsIntervalSeconds: null });
    const runId = await tracker.startRun({ experimentName: 'e' });
    clock.advance(30_000);
    const realTime = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)); // what is sampled
    await realTime(60);
    for (const end = performance.now() + 80; performance.now() < end;); // a busy event loop
    await realTime(60);
    await tracker.endRun(runId);
    await tracker.endRun(without);
    expect((await tracker.getRun(without)).metrics).toEqual({});
    const { metrics } = await tracker.getRun(runId);
    expect(Object.keys(metrics).sort()).toEqual([...names].sort());
    expect(metrics['system.cpu_percent']!.max).toBeGreaterThan(1);
    expect(metrics['system.memory_resident_bytes']!.last).toBeGreaterThan(10 * 1024 * 1024);
    expect(metrics['system.event_loop_delay_max_ms']!.max).toBeGreaterThan(20);
    expect(metrics['system.cpu_percent']).toMatchObject({ lastStep: 30 });
    expect(metrics['system.cpu_percent']!.count).toBeGreaterThan(1);
  });

  it('never fail a run, and go on when it is resumed', async () => {
    const { config, options } = createWorld();
    const storage = new UnsteadyStorage();
    const tracker = new ExperimentTracker(config, { ...options, storage });
    storage.fates = Array.from({ length: 100 }, () => 'refused');
    const runId = await tracker.startRun({ experimentName: 'e', systemMetricsIntervalSeconds: 60 });
    await tracker.endRun(runId, 'failed');
    expect(await tracker.getRun(runId)).toMatchObject({ status: 'failed', metrics: {} });
    storage.fates = [];
    const sampling = createWorld({ tracking: { systemMetricsIntervalSeconds: 60 } });
    const other = new ExperimentTracker(sampling.config, { ...options, storage });
    await other.resumeRun(runId);
    await other.endRun(runId);
    expect((await other.getRun(runId)).metrics['system.cpu_percent']!.count).toBe(1);
    expect(await failure(tracker.startRun({ experimentName: 'e', systemMetricsIntervalSeconds: 0 }))).toMatchObject({
      code: 'INVALID_INPUT',
    });
  });
});
