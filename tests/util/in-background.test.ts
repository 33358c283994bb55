import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Background } from '../../src/canary/background.js';
import { systemTimer } from '../../src/util/timer.js';

const request = new AsyncLocalStorage<string>();
const stops: (() => unknown)[] = [];
afterEach(() => Promise.all(stops.splice(0).map((stop) => stop())));

describe('what is repeated', () => {
  it('does not run in the async context of the call that began it', async () => {
    const seen: (string | undefined)[] = [];
    const background = new Background();
    request.run('a request', () => {
      stops.push(systemTimer.every(1, () => seen.push(request.getStore())));
      background.every('look', 1, async () => void seen.push(request.getStore()));
      stops.push(() => background.close());
      expect(request.getStore()).toBe('a request');
    });
    await vi.waitUntil(() => seen.length >= 10, { timeout: 20_000 });
    expect(new Set(seen)).toEqual(new Set([undefined]));
  });
});
