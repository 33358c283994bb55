import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Trainer, TrainingRequest } from '../../src/models/contract.js';
import { ConstantModel } from '../../src/models/constant-model.js';
import { constrained } from '../../src/retraining/constrained-trainer.js';

const trained = (train: Trainer['train'], signal?: AbortSignal) =>
  constrained({ algorithm: 'mine', train }, { monotoneConstraints: {}, categoryOrder: {} }).train({
    ...(signal !== undefined && { signal }),
  } as TrainingRequest);

const model = new ConstantModel(1);

describe('a trainer in a retraining', () => {
  afterEach(() => void vi.useRealTimers());

  it('is waited for no longer than ten seconds after it was told to stop', async () => {
    vi.useFakeTimers();
    const controller = new AbortController();
    const ends = expect(trained(() => new Promise(() => undefined), controller.signal)).rejects.toMatchObject({
      code: 'ABORTED',
      message: expect.stringContaining('the trainer mine went on after it was told to stop') as string,
    });
    controller.abort();
    await vi.advanceTimersByTimeAsync(10_000);
    await ends;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('was interrupted, and did not fail, where it throws what its signal does', async () => {
    const controller = new AbortController();
    const work = trained(async ({ signal }) => {
      controller.abort();
      signal!.throwIfAborted();
      return { model, warnings: [] };
    }, controller.signal);
    await expect(work).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(trained(() => Promise.reject(new Error('disk full')))).rejects.toThrow('disk full');
  });

  it('keeps its model when one of its own metrics is no number', async () => {
    const result = await trained(async () => ({ model, warnings: ['slow'], metrics: { loss: NaN, epochs: 3 } }));
    expect(result).toEqual({
      model,
      warnings: ['slow', "the trainer's metric loss is NaN: left out"],
      metrics: { epochs: 3 },
    });
  });
});
