import type { MLOpsConfig } from '../config/mlops-config.js';
import type { KeyRing } from '../keys/key-ring.js';
import { sealArtifacts } from '../sealing/sealed-artifacts.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import type { Stores } from './stores.js';

/**
 * Stores whose files are encrypted as `security.encrypt_model_artifacts` says, where they outlive the process. In production
 * the keys must be there before anything is done.
 */
export function sealedStores(stores: Stores, config: MLOpsConfig, keys: () => Promise<KeyRing>): Stores {
  const isSealing = config.policy.security.encryptModelArtifacts;
  const isChecked = isSealing && config.policy.environment === 'production';
  let sealed: { readonly inner: ArtifactStore; readonly store: ArtifactStore } | undefined;
  return {
    ...stores,
    artifacts: async () => {
      const inner = await stores.artifacts();
      if (!inner.capabilities.persistent) return inner;
      if (sealed?.inner !== inner) {
        if (isChecked) await (await keys()).active('artifact_encryption');
        sealed = { inner, store: sealArtifacts({ inner, storage: () => stores.storage(), keys, isSealing }) };
      }
      return sealed.store;
    },
  };
}
