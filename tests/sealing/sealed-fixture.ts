import { type ArtifactStore, MemoryArtifactStore, MemoryStorage, type Storage } from '@bondx/mlops';
import { KeyRing } from '../../src/keys/key-ring.js';
import { ephemeralKeys } from '../../src/keys/key-sources.js';
import { LocalKeyService } from '../../src/keys/local-key-service.js';
import { sealArtifacts } from '../../src/sealing/sealed-artifacts.js';
import type { Digest } from '../../src/util/digest.js';

export interface Sealed {
  readonly inner: ArtifactStore;
  readonly storage: Storage;
  readonly ring: KeyRing;
  readonly store: ArtifactStore;
}

export function sealed(inner: ArtifactStore = new MemoryArtifactStore()): Sealed {
  const storage = new MemoryStorage();
  const ring = new KeyRing(new LocalKeyService(ephemeralKeys(0)));
  return { inner, storage, ring, store: over({ inner, storage, ring }) };
}

export const over = ({ inner, storage, ring }: Omit<Sealed, 'store'>, isSealing = true): ArtifactStore =>
  sealArtifacts({ inner, storage: () => Promise.resolve(storage), keys: () => Promise.resolve(ring), isSealing });

export async function list(store: ArtifactStore): Promise<Digest[]> {
  const digests: Digest[] = [];
  for await (const { digest } of store.list()) digests.push(digest);
  return digests.sort();
}

export const secret = Buffer.from('coupon 4.25 '.repeat(1000));
