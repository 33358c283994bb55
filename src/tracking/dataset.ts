import { toTable } from '../data/table.js';
import { checkName, checkOptionalName, checkOptions, refuse } from '../util/check.js';
import { assertJson } from '../util/json.js';
import type { RunDataset } from './run.js';
import type { LogDatasetOptions } from './tracking-options.js';

/** What is recorded of a data set: described from its content when that is given. */
export function describeDataset(options: LogDatasetOptions): RunDataset {
  checkOptions(options, ['name', 'data', 'digest', 'role', 'source', 'profile'], 'logDataset');
  const { data, profile } = options;
  if ((data === undefined) === (options.digest === undefined)) refuse('logDataset needs either data or a digest');
  if (profile !== undefined) assertJson(profile, 'profile');
  const source = checkOptionalName(options.source, 'source');
  return {
    name: checkName(options.name, 'name'),
    role: checkName(options.role ?? 'training', 'role'),
    ...(data === undefined ? { digest: checkName(options.digest, 'digest') } : describe(data)),
    ...(source !== undefined && { source }),
    ...(profile !== undefined && { profile }),
  };
}

function describe(data: NonNullable<LogDatasetOptions['data']>): Pick<RunDataset, 'digest' | 'rowCount' | 'schema'> {
  const table = toTable(data);
  const schema = Object.fromEntries(Array.from(table.columns, ([name, { kind }]) => [name, kind]));
  return { digest: table.digest(), rowCount: table.rowCount, schema };
}
