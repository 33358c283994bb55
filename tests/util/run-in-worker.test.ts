import { afterEach, describe, expect, it, vi } from 'vitest';
import { WorkerSession, runInWorker } from '../../src/util/run-in-worker.js';
import { failure } from '../helpers.js';

const entry = new URL('./worker-fixture.ts', import.meta.url);
const task = (name: string) => ({ name });
const sessions: WorkerSession[] = [];
const open = (): WorkerSession => {
  const session = new WorkerSession(entry);
  sessions.push(session);
  return session;
};
afterEach(() => Promise.all(sessions.splice(0).map((session) => session.close())));

describe('a worker thread', () => {
  it('runs tasks one after the other, reports progress, and takes and gives buffers without copying', async () => {
    const session = open();
    const values = Float64Array.of(1, 2, 3);
    const progress: unknown[] = [];
    const doubled = await session.run(task('double'), values, {
      transfer: [values.buffer],
      onProgress: (...said) => progress.push(said),
    });
    expect(doubled).toEqual(Float64Array.of(2, 4, 6));
    expect(values.length).toBe(0);
    expect(progress).toEqual([[0.5, 'doubling']]);
    expect(await session.run(task('double'), Float64Array.of(8))).toEqual(Float64Array.of(16));
  });

  it('ends neither the work nor the process when whoever watches throws', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const onProgress = (): never => {
      throw new Error('nobody listens');
    };
    expect(await open().run(task('double'), Float64Array.of(1), { onProgress })).toEqual(Float64Array.of(2));
    await vi.waitFor(() =>
      expect(warned.mock.calls).toEqual([['onProgress failed: Error: nobody listens', 'MLOpsWarning']]),
    );
    warned.mockRestore();
  });

  it('fails with the error of the task, and can be used again', async () => {
    const session = open();
    expect(await failure(session.run(task('refuse'), 'no rows'))).toMatchObject({
      name: 'MLOpsError',
      code: 'INVALID_INPUT',
      message: 'no rows',
    });
    expect(await session.run(task('double'), Float64Array.of(8))).toEqual(Float64Array.of(16));
  });

  it('says when it knows no such task, also where an object inherits one', async () => {
    expect((await failure(open().run(task('toString'), null))).message).toContain('no task toString');
  });

  it('fails when the thread dies', async () => {
    expect(await failure(open().run(task('crash'), null))).toMatchObject({ code: 'INTERNAL' });
  });

  it('is stopped by a signal, even in an endless loop', async () => {
    const controller = new AbortController();
    const stopped = failure(open().run(task('spin'), null, { signal: controller.signal }));
    setImmediate(() => controller.abort());
    expect(await stopped).toMatchObject({ code: 'ABORTED' });
    expect(await failure(open().run(task('spin'), null, { signal: controller.signal }))).toMatchObject({
      code: 'ABORTED',
    });
  });

  it("is by default the package's own, which refuses what it does not know", async () => {
    expect((await failure(runInWorker(task('nothing'), null))).message).toContain('src/worker.ts');
  });
});
