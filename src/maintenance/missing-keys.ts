import type { MLOpsConfig } from '../config/mlops-config.js';
import type { KeyService } from '../keys/key-service.js';
import { policyKeys } from '../runtime/open-keys.js';
import { sealedArtifacts } from '../sealing/sealed-artifact.js';
import type { Storage } from '../storage/storage.js';

/** Keys that files are encrypted with, ascending. */
export async function sealingKeys(storage: Storage): Promise<readonly string[]> {
  const ids = new Set<string>();
  for await (const { value } of sealedArtifacts(storage)) ids.add(value.keyId);
  return [...ids].sort();
}

/** Those that are not in place. Looks without making a key file: one that is made here would be another than the one that is needed. */
export async function missingKeys(
  config: MLOpsConfig,
  ids: readonly string[],
  keys?: KeyService,
): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const there = await (keys ?? policyKeys(config)).list().catch(() => []);
  return ids.filter((id) => !there.some((key) => key.id === id));
}
