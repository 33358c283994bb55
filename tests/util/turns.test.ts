import { afterEach, describe, expect, it, vi } from 'vitest';
import { Turns } from '../../src/util/turns.js';

afterEach(() => void vi.useRealTimers());

describe('turns', () => {
  it('are had one after the other, in the order of asking, each thing for itself', async () => {
    const turns = new Turns();
    const order: string[] = [];
    let inside = 0;
    const work = async (name: string): Promise<void> => {
      const giveUp = await turns.take('a');
      expect(++inside).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(name);
      inside--;
      giveUp();
    };
    const other = await turns.take('b');
    await Promise.all(['1', '2', '3', '4'].map(work));
    expect(order).toEqual(['1', '2', '3', '4']);
    other();
  });

  it('are waited for as long as somebody gets on, and no longer', async () => {
    vi.useFakeTimers();
    const turns = new Turns();
    const [first, second, third] = [turns.take('a'), turns.take('a'), turns.take('a')];
    const giveUp = await first;
    let isThird = false;
    void third.then(() => (isThird = true));
    await vi.advanceTimersByTimeAsync(1_500);
    giveUp();
    await second;
    await vi.advanceTimersByTimeAsync(2_000); // since the first was done
    expect(isThird).toBe(false);
    await vi.advanceTimersByTimeAsync(4_000); // the second one may be waiting for the third
    expect(isThird).toBe(true);
  });
});
