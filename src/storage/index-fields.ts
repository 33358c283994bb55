import type { IndexScalar } from './storage.js';
import { checkScalar } from './index-scalar.js';
import { checkStorageName, invalid } from './storage-name.js';

/** Index fields under their full names, `metrics.rmse` for `{ metrics: { rmse: … } }`. */
export type FlatIndex = ReadonlyMap<string, IndexScalar>;

/** Most index fields of a record, entries of maps included. */
const maxFields = 10_000;

/** @throws MLOpsError `INVALID_INPUT` for a field called `id`, for two fields of one name, and for non-scalars */
export function flattenIndex(index: unknown): FlatIndex {
  const flat = new Map<string, IndexScalar>();
  if (index === undefined) return flat;
  for (const [field, value] of Object.entries(checkPlainObject(index, 'index'))) {
    if (isPlainObject(value)) {
      for (const [key, member] of Object.entries(value)) add(flat, `${field}.${key}`, member);
    } else {
      add(flat, field, value);
    }
  }
  if (flat.size > maxFields) throw invalid(`a record has ${flat.size} index fields; at most ${maxFields} are allowed`);
  return flat;
}

function add(flat: Map<string, IndexScalar>, field: string, value: unknown): void {
  checkStorageName(field, 'the name of an index field');
  if (field === 'id') throw invalid('an index field must not be called id: that is the record itself');
  if (flat.has(field)) throw invalid(`two index fields are called ${JSON.stringify(field)}`);
  // Texts alone are looked at: a name for the message is put together for none of the others, and there are many.
  const isSound = typeof value === 'number' || typeof value === 'boolean' || value === null;
  flat.set(field, isSound ? value : checkScalar(value, `index field ${JSON.stringify(field)}`));
}

const isPlainObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws MLOpsError `INVALID_INPUT` for arrays and everything else that is no object */
export function checkPlainObject(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (isPlainObject(value)) return value;
  throw invalid(`${what} must be an object`);
}
