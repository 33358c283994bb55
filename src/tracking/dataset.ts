import type { BaselineProfile } from '../data/baseline-profile.js';
import { toTable } from '../data/table.js';
import type { DataBoundary } from '../runtime/protection.js';
import { checkName, checkOptionalName, checkOptions, refuse } from '../util/check.js';
import { type JsonObject, assertJson } from '../util/json.js';
import type { RunDataset } from './run.js';
import type { LogDatasetOptions } from './tracking-options.js';

/** What is recorded of a data set: described from its content when that is given, its sensitive columns replaced. */
export async function describeDataset(options: LogDatasetOptions, boundary: DataBoundary): Promise<RunDataset> {
  checkOptions(options, ['name', 'data', 'digest', 'role', 'source', 'profile'], 'logDataset');
  const { data } = options;
  if ((data === undefined) === (options.digest === undefined)) refuse('logDataset needs either data or a digest');
  if (options.profile !== undefined) assertJson(options.profile, 'profile');
  const profile = options.profile && (await protectProfile(options.profile, boundary));
  const source = checkOptionalName(options.source, 'source');
  return {
    name: checkName(options.name, 'name'),
    role: checkName(options.role ?? 'training', 'role'),
    ...(data === undefined ? { digest: checkName(options.digest, 'digest') } : await describe(data, boundary)),
    ...(source !== undefined && { source }),
    ...(profile !== undefined && { profile }),
  };
}

async function describe(
  data: NonNullable<LogDatasetOptions['data']>,
  boundary: DataBoundary,
): Promise<Pick<RunDataset, 'digest' | 'rowCount' | 'schema'>> {
  const table = await boundary.table(toTable(data));
  const schema = Object.fromEntries(Array.from(table.columns, ([name, { kind }]) => [name, kind]));
  return { digest: table.digest(), rowCount: table.rowCount, schema };
}

/** A profile that `createProfile` made has its columns replaced; what else is in a profile is the caller's own. */
async function protectProfile(profile: JsonObject, boundary: DataBoundary): Promise<JsonObject> {
  if (profile['format'] !== 'bondx-profile') return profile;
  return (await boundary.profile(profile as unknown as BaselineProfile)) as unknown as JsonObject;
}
