import type { Aggregate, Field } from '../search/filter.js';
import { parseField } from '../search/parse-filter.js';
import { checkList, refuse } from '../util/check.js';
import { toIso } from '../util/clock.js';
import type { JsonValue } from '../util/json.js';
import { own } from '../util/own.js';
import { decodeNumber } from './metric.js';
import type { StoredRun } from './run.js';
import type { RunRow } from './run-row.js';
import { runCatalog } from './run-search.js';

/** Reads one field of a run. */
type Reader = (run: StoredRun) => JsonValue | number;

const aggregated = /^(.+)\.(last|min|max)$/;

/**
 * Makes runs into rows.
 *
 * @param select names as in filters, and `metrics.KEY.min`, `.max` and `.last` for `min(metrics.KEY)` and so on; a metric
 *   whose own name ends like that is written in backticks
 * @throws MLOpsError `INVALID_INPUT` for names that runs do not have
 */
export function rowMaker<Name extends string>(select: readonly Name[]): (run: StoredRun) => RunRow<Name> {
  if (checkList(select, 'select', 'names').length === 0)
    refuse("select needs at least one name, such as ['run_id', 'metrics.mae']");
  const readers = new Map<Name, Reader>();
  for (const name of select) {
    if (readers.has(name)) refuse(`select names ${name} twice`);
    readers.set(name, readerOf(name));
  }
  return (run) =>
    Object.freeze(Object.fromEntries(Array.from(readers, ([name, read]) => [name, read(run)]))) as RunRow<Name>;
}

function readerOf(name: string): Reader {
  const { entity, key, aggregate = 'last' } = fieldOf(name);
  switch (entity) {
    case 'metric':
      return ({ metrics }) => {
        const metric = own(metrics, key);
        return metric === undefined ? null : decodeNumber(metric[aggregate]);
      };
    case 'param':
      return ({ parameters }) => own(parameters, key) ?? null;
    case 'tag':
      return ({ tags }) => own(tags, key) ?? null;
    case 'dataset':
      return refuse(`${name} cannot be selected: a run may have several`);
    case 'attribute':
      return attributeReader(runCatalog({ entity, key }).name);
  }
}

function fieldOf(name: string): Field {
  const field = parseField(name);
  const [, key, aggregate] = (/[`")]\s*$/.test(name) ? null : aggregated.exec(field.key)) ?? [];
  return field.entity === 'metric' && key !== undefined ? { ...field, key, aggregate: aggregate as Aggregate } : field;
}

function attributeReader(name: string): Reader {
  if (name === 'id') return ({ runId }) => runId;
  return (run) => {
    const value = run[name as 'runName' | 'startedAt'];
    return typeof value === 'number' ? toIso(value) : value;
  };
}
