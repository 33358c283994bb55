import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { tell, teller, warnOf } from '../../src/util/tell.js';

const warned = vi.spyOn(process, 'emitWarning');
beforeEach(() => void warned.mockReset());
afterEach(() => void warned.mockReset());

const fail = (): never => {
  throw new Error('no');
};
const failLater = async (): Promise<never> => fail();

it.each([fail, failLater])('hears of what a listener throws, at once or later', async (listener) => {
  const failures: unknown[] = [];
  tell(listener, [], (error) => failures.push(error));
  await vi.waitFor(() => expect(failures).toEqual([new Error('no')]));
});

it('tells at once, with what there is to tell', () => {
  const heard: unknown[] = [];
  tell((...args: [number, string]) => heard.push(args), [1, 'a'], fail);
  expect(heard).toEqual([[1, 'a']]);
});

it('warns of the first failure only where it tells often', async () => {
  const listener = teller('onProgress', vi.fn<(share: number) => Promise<never>>(failLater));
  for (const share of [0.1, 0.2, 0.3]) listener(share);
  await vi.waitFor(() => expect(warned).toHaveBeenCalled());
  expect(warned.mock.calls).toEqual([['onProgress failed: Error: no', 'MLOpsWarning']]);
});

it('warns of what cannot be put into words, too', () => {
  warnOf('a listener')(Object.create(null));
  expect(warned.mock.calls).toEqual([['a listener failed: [object Object]', 'MLOpsWarning']]);
});
