import { type BundleFile, storeBundle } from '../runtime/bundle.js';
import type { Context } from '../runtime/context.js';
import type { ArtifactStore } from '../storage/artifact-store.js';
import type { Change, Storage } from '../storage/storage.js';
import { artifactSources } from '../tracking/artifact-sources.js';
import type { LogArtifactOptions } from '../tracking/tracking-options.js';
import { toIso } from '../util/clock.js';
import type { JsonObject } from '../util/json.js';
import { actorId } from './attribution.js';
import type { EvidenceKind } from './evidence-kind.js';
import { loadVersion, putVersion } from './stage-change.js';

/** The changes that put evidence on a version, to be committed with whatever produced it. */
export async function evidenceChanges(
  context: Context,
  storage: Storage,
  modelName: string,
  version: string,
  kind: EvidenceKind,
  passed: boolean,
  detail: JsonObject,
  files?: readonly BundleFile[],
): Promise<readonly Change[]> {
  const { value, recordVersion } = await loadVersion(storage, modelName, version);
  const recordedAt = toIso(context.clock.now());
  const { environment } = context.config.policy;
  const recordedBy = actorId(context);
  const found = { passed, detail, recordedAt, recordedBy, environment, ...(files !== undefined && { files }) };
  const evidence = { ...value.evidence, [kind]: found };
  return [putVersion({ ...value, evidence }, recordVersion)];
}

/** Copies what goes with evidence into the store. */
export async function storeEvidence(
  context: Context,
  artifacts: ArtifactStore,
  given: readonly LogArtifactOptions[],
): Promise<readonly BundleFile[]> {
  const sources = await Promise.all(given.map((options) => artifactSources(options, context)));
  return storeBundle(artifacts, sources.flat(), context.config.policy.tracking.maxArtifactSizeMb * 1024 * 1024);
}
