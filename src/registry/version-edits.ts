import { MLOpsError } from '../errors.js';
import type { Storage } from '../storage/storage.js';
import type { JsonObject } from '../util/json.js';
import type { attribution } from './attribution.js';
import { obstacleToDeletion } from './deletion.js';
import { readHistory } from './lookups.js';
import type { ModelEdit } from './stage-change.js';

/** When, by whom and why. */
type Said = ReturnType<typeof attribution>;

/** A change to a version, with a line of history; returns what the audit record says of it. */
export type VersionEdit = (edit: ModelEdit, version: string, said: Said, storage: Storage) => Promise<JsonObject>;

/** Gives a version a name, taking it from the one that had it. */
export const giveAlias =
  (alias: string): VersionEdit =>
  async (edit, version, said) => {
    edit.updateModel({ aliases: { ...edit.modelRecord.aliases, [alias]: version } });
    await edit.note('alias_set', version, { ...said, alias });
    return { alias };
  };

export const takeAlias =
  (alias: string): VersionEdit =>
  async (edit, version, said) => {
    const { modelName, aliases = {} } = edit.modelRecord;
    const { [alias]: holder, ...others } = aliases;
    if (holder !== version) throw new MLOpsError('NOT_FOUND', `${modelName} ${version} has no alias ${alias}`);
    edit.updateModel({ aliases: others });
    await edit.note('alias_removed', version, { ...said, alias });
    return { alias, isRemoved: true };
  };

/** Words about a version or a model; what is not given stays. */
export interface Description {
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export const describe =
  ({ description, tags }: Description): VersionEdit =>
  async (edit, version, said) => {
    const before = await edit.version(version);
    await edit.updateVersion(version, {
      tags: { ...before.tags, ...tags },
      ...(description !== undefined && { description }),
    });
    await edit.note('described', version, said);
    return { tags: Object.keys(tags ?? {}), hasDescription: description !== undefined };
  };

/** Removes a version unless something keeps it. */
export const remove =
  (retentionDays: number, now: number): VersionEdit =>
  async (edit, version, said, storage) => {
    const stored = await edit.version(version);
    const { modelName } = edit.modelRecord;
    const history = await readHistory(storage, modelName);
    const obstacle = obstacleToDeletion(stored, edit.modelRecord, history, retentionDays, now);
    if (obstacle !== undefined) throw new MLOpsError('ILLEGAL_STATE', `${modelName} ${version} ${obstacle}`);
    await edit.remove(version, said);
    return { digest: stored.digest };
  };
