import { expect, it } from 'vitest';
import { LoadedModels } from '../../src/canary/loaded-models.js';
import type { RouteState } from '../../src/canary/route-state.js';
import { ConstantModel } from '../../src/models/constant-model.js';

it('a state whose versions took long to load does not take the place of a later one', async () => {
  const waiting = new Map<string, () => void>();
  const models = new LoadedModels(
    async (_, version) => {
      await new Promise<void>((resolve) => waiting.set(version, resolve));
      return new ConstantModel(Number(version[0]));
    },
    { row: async () => (row) => row },
  );
  const state = (fence: number, production: string): RouteState => ({
    ...{ modelName: 'spread', fence, production, deployment: undefined },
  });
  const loaded = async (version: string, prepared: Promise<void>): Promise<void> => {
    await expect.poll(() => waiting.has(version)).toBe(true);
    waiting.get(version)!();
    await prepared;
  };
  models.want('spread');
  const [before, after] = [models.prepare(state(1, '1.0.0')), models.prepare(state(2, '2.0.0'))];
  await loaded('2.0.0', after);
  await loaded('1.0.0', before);
  expect(models.production('spread')?.version).toBe('2.0.0');
  expect(models.find('spread', '2.0.0')).toBeDefined();
});
