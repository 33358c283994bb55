import { MLOpsError } from '../errors.js';
import { ModelStage } from '../registry/stage.js';
import type { ModelEdit } from '../registry/stage-change.js';

/**
 * Whether a version may begin a canary now.
 *
 * @returns the production version it will be compared with
 * @throws MLOpsError `ILLEGAL_STATE` that says what stands in the way
 */
export async function checkCandidate(
  edit: ModelEdit,
  candidateVersion: string,
  maxRollbackCount: number,
): Promise<string> {
  const { modelName, production, canary } = edit.modelRecord;
  const candidate = await edit.version(candidateVersion);
  const illegal = (message: string): never => {
    throw new MLOpsError('ILLEGAL_STATE', message);
  };
  if (production === null)
    return illegal(`${modelName} has nothing in production to compare with; promote a first version with promoteModel`);
  if (canary !== null) illegal(`${modelName} has the active canary ${canary}; promote it or roll it back first`);
  if (candidateVersion === production) illegal(`${modelName} ${candidateVersion} is in production already`);
  if (candidate.stage === ModelStage.ARCHIVED)
    illegal(`${modelName} ${candidateVersion} is archived; move it to Development first`);
  if (candidate.canaryRollbacks >= maxRollbackCount) {
    illegal(
      `${modelName} ${candidateVersion} was rolled back ${candidate.canaryRollbacks} times (canary.max_rollback_count is ${maxRollbackCount}); register a better version`,
    );
  }
  return production;
}
