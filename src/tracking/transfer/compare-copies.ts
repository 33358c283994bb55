import { MLOpsError } from '../../errors.js';
import { type JsonObject, type JsonValue, canonicalJson } from '../../util/json.js';
import { own } from '../../util/own.js';
import { type StoredRun, revisionOf } from '../run.js';

/** What a run says from its beginning on, and never otherwise. */
const lasting = [
  'experimentName',
  'modelType',
  'runName',
  'parentRunId',
  'startedAt',
  'startedBy',
  'environment',
] as const satisfies readonly (keyof StoredRun)[];

/** What else two copies of one revision have in common. Whether a run is hidden is each store's own matter. */
const changing = [
  'status',
  'endedAt',
  'error',
  'note',
  'tags',
  'artifacts',
  'datasets',
  'metrics',
  'droppedPoints',
] as const satisfies readonly (keyof StoredRun)[];

/** How a copy of a run stands to the one that is there. */
export type CopyAge = 'same' | 'newer' | 'older';

/**
 * Judges what two copies of a run say, points of metrics aside: the older one must be a former state of the newer one.
 *
 * @throws MLOpsError `CONFLICT` that names what differs
 */
export function compareCopies(given: StoredRun, present: StoredRun): CopyAge {
  const age = ageOf(given, present);
  const [older, newer] = age === 'newer' ? [present, given] : [given, present];
  const differences = [
    ...lasting.filter((name) => differs(given[name], present[name])),
    ...parameterDifferences(older.parameters, newer.parameters, age === 'same'),
    ...(age === 'same' ? changing.filter((name) => differs(given[name], present[name])) : []),
  ];
  if (differences.length === 0) return age;
  throw new MLOpsError(
    'CONFLICT',
    `run ${given.runId} is there already, and differs in ${differences.join(', ')}; the two are not states of one run`,
  );
}

function ageOf(given: StoredRun, present: StoredRun): CopyAge {
  const difference = revisionOf(given) - revisionOf(present);
  return difference === 0 ? 'same' : difference > 0 ? 'newer' : 'older';
}

function parameterDifferences(older: JsonObject, newer: JsonObject, isSame: boolean): string[] {
  const names = Object.keys(isSame ? { ...older, ...newer } : older).sort();
  return names.filter((name) => differs(own(older, name), own(newer, name))).map((name) => `parameter ${name}`);
}

/** Fields that a run of an older version lacks count as empty. */
const differs = (a: unknown, b: unknown): boolean => canonicalJson(filled(a)) !== canonicalJson(filled(b));

const filled = (value: unknown): JsonValue =>
  Array.isArray(value) && value.length === 0 ? null : ((value ?? null) as JsonValue);
