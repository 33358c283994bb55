import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MemoryStorage } from '../../src/adapters/memory/memory-storage.js';
import { watchCollections } from '../../src/storage/watch-collections.js';
import { Delegate } from '../testing/spoiled-storages.js';

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate'] }));
afterEach(() => vi.useRealTimers());

it('where the adapter cannot watch, calls the listener every so often until the signal fires', async () => {
  const listener = vi.fn();
  const stop = new AbortController();
  await watchCollections(new Delegate(), ['a', 'b', 'a'], listener, { pollMs: 1_000, signal: stop.signal });
  expect(listener).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(3_500);
  expect(listener.mock.calls).toEqual([[['a', 'b']], [['a', 'b']], [['a', 'b']]]);
  stop.abort();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(listener).toHaveBeenCalledTimes(3);
  expect(vi.getTimerCount()).toBe(0);
});

it('where the adapter can, calls the listener after a commit and not otherwise', async () => {
  const storage = new MemoryStorage();
  const listener = vi.fn();
  await watchCollections(storage, ['a'], listener);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(listener).not.toHaveBeenCalled();
  await storage.commit([{ kind: 'put', collection: 'a', id: 'x', value: 1, expect: 'absent' }]);
  await storage.commit([{ kind: 'put', collection: 'b', id: 'x', value: 1, expect: 'absent' }]);
  await vi.advanceTimersByTimeAsync(0);
  expect(listener.mock.calls).toEqual([[['a']]]);
});

it.each([0, 0.5, NaN, 60_001, '100'])('refuses to poll every %s ms', async (pollMs) => {
  const watching = watchCollections(new Delegate(), ['a'], () => undefined, { pollMs: pollMs as number });
  await expect(watching).rejects.toMatchObject({ code: 'INVALID_INPUT' });
});

it('what a listener throws becomes a warning', async () => {
  const warning = vi.spyOn(process, 'emitWarning').mockReturnValue();
  const storage = new MemoryStorage();
  await watchCollections(storage, ['a'], () => {
    throw new RangeError('out of ideas');
  });
  await storage.commit([{ kind: 'put', collection: 'a', id: 'x', value: 1, expect: 'absent' }]);
  await vi.advanceTimersByTimeAsync(0);
  expect(warning.mock.calls[0]?.[0]).toContain('RangeError: out of ideas');
});

it('options that there are none of are refused: such a watch could not be ended', async () => {
  const options = { singal: new AbortController().signal };
  await expect(watchCollections(new MemoryStorage(), ['a'], vi.fn(), options as object)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  });
});
