import { expect, it } from 'vitest';
import { MemoryStorage, type Storage } from '@bondx/mlops';
import { deploymentsCollection } from '../../src/canary/deployment.js';
import { ChangeCounter } from '../../src/server/change-counter.js';

it('counts changes once the store is there, although it was not at first', async () => {
  const storage = new MemoryStorage();
  let isAway = true;
  const changes = new ChangeCounter(async (): Promise<Storage> => {
    if (isAway) throw new Error('the server is away');
    return storage;
  });
  await expect(changes.version()).rejects.toThrow('away');
  isAway = false;
  const before = await changes.version();
  await storage.commit([{ kind: 'put', collection: deploymentsCollection, id: 'd', value: 1, expect: 'absent' }]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(await changes.version()).not.toBe(before);
  changes.close();
});
