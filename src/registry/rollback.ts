import { MLOpsError } from '../errors.js';
import type { Plan } from '../governance/control-plane.js';
import type { Context } from '../runtime/context.js';
import type { Storage } from '../storage/storage.js';
import { attribution } from './attribution.js';
import { verifyFiles } from './file-signature.js';
import { formerProductions } from './lookups.js';
import { type ModelVersion, type StoredModel, viewVersion } from './model-record.js';
import { ModelStage } from './stage.js';
import { ModelEdit, findVersion } from './stage-change.js';

export interface RollbackRequest {
  readonly modelName: string;
  /** The latest archived one that was in production unless told; none that was rolled back from. */
  readonly version: string | undefined;
  readonly deployedBy: string | undefined;
  readonly reason: string;
}

/**
 * Puts a former production version back. It has to be archived: what was taken up again, as a candidate say, passes the gates.
 *
 * @throws MLOpsError `ILLEGAL_STATE` when the version was never in production, or is not archived
 * @throws SignatureError for a version whose files are not those that were signed, or whose key was revoked
 */
export async function planRollback(
  context: Context,
  storage: Storage,
  { modelName, version: wanted, deployedBy, reason }: RollbackRequest,
): Promise<Plan<ModelVersion>> {
  const edit = await ModelEdit.open(storage, modelName);
  const { production } = edit.modelRecord;
  const version = await chooseVersion(storage, edit.modelRecord, wanted);
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

async function chooseVersion(storage: Storage, model: StoredModel, wanted: string | undefined): Promise<string> {
  const { modelName, production } = model;
  const { former, standing } = await formerProductions(storage, modelName);
  const stageOf = async (version: string): Promise<ModelStage | undefined> =>
    (await findVersion(storage, modelName, version))?.value.stage;
  for (const version of wanted === undefined ? standing : former.filter((one) => one === wanted)) {
    if ((await stageOf(version)) === ModelStage.ARCHIVED) return version;
  }
  const stages = await Promise.all(former.map(stageOf));
  const known = former.filter((_, i) => stages[i] === ModelStage.ARCHIVED).join(', ') || 'none';
  const inUse = former.flatMap((one, i) =>
    one === production || stages[i] === undefined || stages[i] === ModelStage.ARCHIVED
      ? []
      : [`${one} is in ${stages[i]}`],
  );
  const what =
    wanted === undefined && known !== 'none'
      ? `${modelName} ${production} has no version before it that was not rolled back from; name the one that you mean`
      : `${modelName} can only roll back to a former production version that is archived`;
  const others = inUse.length === 0 ? '' : `; ${inUse.join(', ')}: promote it past the gates, or archive it first`;
  throw new MLOpsError('ILLEGAL_STATE', `${what}: ${known}${others}`);
}
