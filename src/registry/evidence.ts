import type { Context } from '../runtime/context.js';
import type { Change, Storage } from '../storage/storage.js';
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
): Promise<readonly Change[]> {
  const { value, recordVersion } = await loadVersion(storage, modelName, version);
  const recordedAt = toIso(context.clock.now());
  const evidence = { ...value.evidence, [kind]: { passed, detail, recordedAt, recordedBy: actorId(context) } };
  return [putVersion({ ...value, evidence }, recordVersion)];
}
