import { expect, it } from 'vitest';
import { ChangeFeed, type Publish } from '../../src/storage/change-feed.js';

const nothing = (): void => undefined;

it('listens to its source while somebody watches, once for all of them', async () => {
  const signals: AbortSignal[] = [];
  const feed = new ChangeFeed(async (_publish, signal) => void signals.push(signal));
  const [first, second] = [new AbortController(), new AbortController()];
  await feed.watch(['a'], nothing, { signal: first.signal });
  await feed.watch(['a'], nothing, { signal: second.signal });
  first.abort();
  expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  second.abort();
  await feed.watch(['b'], nothing);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  feed.close();
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
});

it('a source that cannot start fails every watch that waits for it; the next tries again', async () => {
  let starts = 0;
  const feed = new ChangeFeed(async () => {
    if (++starts === 1) throw new RangeError('no connection');
  });
  const outcomes = await Promise.allSettled([feed.watch(['a'], nothing), feed.watch(['b'], nothing)]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await feed.watch(['a'], nothing);
  expect(starts).toBe(2);
});

it('a watch whose signal fires before it has begun fails and is never called', async () => {
  let publish: Publish = nothing;
  let begin = nothing;
  const feed = new ChangeFeed((given) => {
    publish = given;
    return new Promise((resolve) => (begin = resolve));
  });
  const controller = new AbortController();
  const calls: unknown[] = [];
  const watching = feed.watch(['a'], (changed) => calls.push(changed), { signal: controller.signal });
  controller.abort();
  begin();
  await expect(watching).rejects.toMatchObject({ code: 'ABORTED' });
  publish('any');
  await new Promise(setImmediate);
  expect(calls).toEqual([]);
});
