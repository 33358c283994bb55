import { expect, it } from 'vitest';
import { SharedAnswers } from '../../src/util/shared-answers.js';

it('finds out the same once for those who ask at once, and never hands out what was begun before the question', async () => {
  const answers = new SharedAnswers();
  const begun: (() => void)[] = [];
  const find = (): Promise<number> => {
    const number = begun.length;
    return new Promise((resolve) => begun.push(() => resolve(number)));
  };
  const first = answers.ask('state', find);
  const meanwhile = [1, 2, 3].map(() => answers.ask('state', find));
  const other = answers.ask('another', () => Promise.resolve('at once'));
  expect(begun).toHaveLength(1);
  expect(await other).toBe('at once');
  begun[0]!();
  expect(await first).toBe(0);
  await new Promise(setImmediate);
  const late = answers.ask('state', find);
  expect(begun).toHaveLength(2);
  begun[1]!();
  expect(await Promise.all(meanwhile)).toEqual([1, 1, 1]);
  await new Promise(setImmediate);
  begun[2]!();
  expect(await late).toBe(2);
  const afterwards = answers.ask('state', find);
  begun[3]!();
  expect(await afterwards).toBe(3);
});
