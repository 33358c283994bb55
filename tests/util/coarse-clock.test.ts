import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { coarseClock } from '../../src/util/coarse-clock.js';

describe('a coarse clock', () => {
  it('reads the real one once a turn, and anew a moment later', async () => {
    let reads = 0;
    const now = coarseClock(() => ++reads);
    expect([now(), now(), now()]).toEqual([1, 1, 1]);
    await sleep(20);
    expect([now(), now()]).toEqual([2, 2]);
  });
});
