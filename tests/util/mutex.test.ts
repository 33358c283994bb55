import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Mutex } from '../../src/util/mutex.js';
import { failure } from '../helpers.js';

it('runs tasks one at a time, in the order they came, whenever they come and however they end', async () => {
  const task = fc.record({ arrives: fc.nat(5), takes: fc.nat(3), fails: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(task, { maxLength: 20 }), async (tasks) => {
      const mutex = new Mutex();
      const pause = async (turns: number): Promise<void> => {
        for (let i = 0; i < turns; i++) await Promise.resolve();
      };
      const [came, began]: [number[], number[]] = [[], []];
      let running = 0;
      const results = await Promise.allSettled(
        tasks.map(async ({ arrives, takes, fails }, i) => {
          await pause(arrives);
          came.push(i);
          return mutex.run(async () => {
            began.push(i);
            expect(++running).toBe(1);
            await pause(takes);
            running--;
            if (fails) throw new Error(`task ${i}`);
            return i;
          });
        }),
      );
      expect(began).toEqual(came);
      for (const [i, { fails }] of tasks.entries()) {
        expect(results[i]).toMatchObject(
          fails ? { status: 'rejected', reason: { message: `task ${i}` } } : { status: 'fulfilled', value: i },
        );
      }
    }),
  );
});

it('goes on after a task that throws at once', async () => {
  const mutex = new Mutex();
  const thrown = mutex.run(() => {
    throw new Error('at once');
  });
  expect((await failure(thrown)).message).toBe('at once');
  expect(await mutex.run(() => Promise.resolve(1))).toBe(1);
});

it('costs each of many who wait what it costs each of few', async () => {
  const timeEach = async (count: number): Promise<number> => {
    const mutex = new Mutex();
    const began = performance.now();
    await Promise.all(Array.from({ length: count }, () => mutex.run(() => Promise.resolve())));
    return (performance.now() - began) / count;
  };
  // What collects garbage or keeps the machine busy makes either slower for a while: the least of several times counts.
  // A cost that grows with those who wait makes it 20 or more each time.
  let [few, many] = [Infinity, Infinity];
  for (let i = 0; i < 10 && !(many / few < 10); i++) {
    few = Math.min(few, await timeEach(5_000), await timeEach(5_000));
    many = Math.min(many, await timeEach(100_000));
  }
  expect(many / few).toBeLessThan(10);
});
