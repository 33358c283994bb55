import type { Check } from '../check.js';

const probesCollection = 'health_probes';

/** Writes a record and reads it back. */
export const storageCheck: Check = {
  name: 'storage',
  failure: 'unhealthy',
  async run({ context, control }) {
    const value = { at: context.clock.now(), id: context.ids.next() };
    const name = await control.access('monitoring.begin_check', 'store', async (storage) => {
      await storage.commit([{ kind: 'put', collection: probesCollection, id: value.id, value, expect: 'absent' }]);
      const found = (await storage.get(probesCollection, value.id))?.value as typeof value | undefined;
      await storage.commit([{ kind: 'delete', collection: probesCollection, id: value.id, expect: 'any' }]);
      if (found?.at !== value.at) throw new Error('what was written is not what is read');
      return storage.capabilities.name;
    });
    return { status: 'healthy', reason: 'written and read', detail: { storage: name } };
  },
};

/** Always the same bytes: they are kept once. */
const probe = Buffer.from('bondx-mlops health probe');

/** Stores a file and reads it back, verified. */
export const artifactCheck: Check = {
  name: 'artifacts',
  failure: 'unhealthy',
  async run({ context }) {
    const artifacts = await context.stores.artifacts();
    const { digest } = await artifacts.put(probe);
    const chunks: Uint8Array[] = [];
    for await (const chunk of artifacts.get(digest)) chunks.push(chunk);
    if (!Buffer.concat(chunks).equals(probe)) throw new Error('what was stored is not what is read');
    return { status: 'healthy', reason: 'stored and read' };
  },
};
