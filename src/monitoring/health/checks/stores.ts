import type { Check } from '../check.js';

const [collection, id] = ['health_probes', 'probe'];

/** Writes a record and reads it back: always the same one, so that no process that dies leaves more behind. */
export const storageCheck: Check = {
  name: 'storage',
  failure: 'unhealthy',
  async run({ context, control }) {
    const value = { at: context.clock.now(), by: context.ids.next() };
    const name = await control.access('monitoring.begin_check', 'store', async (storage) => {
      const [written] = await storage.commit([{ kind: 'put', collection, id, value, expect: 'any' }]);
      const { version = 0, value: found } = (await storage.get(collection, id)) ?? {};
      const isRead = version === written ? (found as typeof value).by === value.by : version > written!; // another's probe
      if (!isRead) throw new Error('what was written is not what is read');
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
