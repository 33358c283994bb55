import { expect, it } from 'vitest';
import { MemoryStorage, type Storage } from '@bondx/mlops';
import { FakeClock } from '@bondx/mlops/testing';
import { deploymentsCollection } from '../../src/canary/deployment.js';
import { modelsCollection } from '../../src/registry/model-record.js';
import { ChangeCounter } from '../../src/server/change-counter.js';

it('counts changes once the store is there, although it was not at first', async () => {
  const storage = new MemoryStorage();
  let isAway = true;
  const changes = new ChangeCounter(async (): Promise<Storage> => {
    if (isAway) throw new Error('the server is away');
    return storage;
  }, new FakeClock());
  await expect(changes.version()).rejects.toThrow('away');
  isAway = false;
  const before = await changes.version();
  await storage.commit([{ kind: 'put', collection: deploymentsCollection, id: 'd', value: 1, expect: 'absent' }]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(await changes.version()).not.toBe(before);
  changes.close();
});

it('counts what came into production, and the time in which a process that says nothing is lost', async () => {
  const [storage, clock] = [new MemoryStorage(), new FakeClock()];
  const changes = new ChangeCounter(async () => storage, clock);
  const seen = [await changes.version()];
  await storage.commit([{ kind: 'put', collection: modelsCollection, id: 'm', value: 1, expect: 'absent' }]);
  await new Promise((resolve) => setImmediate(resolve));
  seen.push(await changes.version(), await changes.version());
  clock.advance(5_000);
  seen.push(await changes.version());
  expect(new Set(seen).size).toBe(3);
  changes.close();
});
