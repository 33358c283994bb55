import { MLOpsError } from '../errors.js';
import type { Plan } from '../governance/control-plane.js';
import type { Context } from '../runtime/context.js';
import type { Storage } from '../storage/storage.js';
import { attribution } from './attribution.js';
import { verifyFiles } from './file-signature.js';
import { formerProductions } from './lookups.js';
import { type ModelVersion, viewVersion } from './model-record.js';
import { ModelStage } from './stage.js';
import { ModelEdit } from './stage-change.js';

export interface RollbackRequest {
  readonly modelName: string;
  /** The one in production before the present one unless told; none that was rolled back from. */
  readonly version: string | undefined;
  readonly deployedBy: string | undefined;
  readonly reason: string;
}

/**
 * Puts a former production version back.
 *
 * @throws MLOpsError `ILLEGAL_STATE` when the version was never in production, or is now
 * @throws SignatureError for a version whose files are not those that were signed, or whose key was revoked
 */
export async function planRollback(
  context: Context,
  storage: Storage,
  { modelName, version: wanted, deployedBy, reason }: RollbackRequest,
): Promise<Plan<ModelVersion>> {
  const edit = await ModelEdit.open(storage, modelName);
  const { production } = edit.modelRecord;
  const { former, before } = await formerProductions(storage, edit.modelRecord);
  const version = wanted ?? before;
  if (version === undefined || !former.includes(version) || version === production) {
    const known = former.filter((candidate) => candidate !== production).join(', ') || 'none';
    const what =
      version === undefined && known !== 'none'
        ? `${modelName} ${production} has no version before it that was not rolled back from; name the one that you mean`
        : `${modelName} can only roll back to a former production version`;
    throw new MLOpsError('ILLEGAL_STATE', `${what}: ${known}`);
  }
  await verifyFiles(context, await edit.version(version)); // what cannot be opened helps nobody
  await edit.moveTo(version, ModelStage.PRODUCTION, attribution(context, deployedBy, reason));
  const restored = await edit.version(version);
  return {
    changes: edit.changes(),
    result: viewVersion(restored),
    resource: { type: 'model_version', id: modelName, version, digest: restored.digest },
    reason,
    detail: { from: production },
  };
}
