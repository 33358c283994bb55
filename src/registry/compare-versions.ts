import { type JsonValue, canonicalJson } from '../util/json.js';
import type { ModelVersion } from './model-record.js';

/** One thing that two versions say; null where a version does not say it. */
export interface VersionDifference {
  /** Such as `metrics.mae`, `hyperparameters.depth` or `trainingData.digest`. */
  readonly field: string;
  readonly values: readonly [JsonValue, JsonValue];
  /** Second minus first, of numbers. */
  readonly delta?: number;
}

/** Everything in which two versions differ, by field; when and by whom they were registered is left out. */
export function compareVersions(first: ModelVersion, second: ModelVersion): readonly VersionDifference[] {
  const [a, b] = [fieldsOf(first), fieldsOf(second)];
  return [...new Set([...a.keys(), ...b.keys()])].sort().flatMap((field): VersionDifference[] => {
    const values = [a.get(field) ?? null, b.get(field) ?? null] as const;
    if (canonicalJson(values[0]) === canonicalJson(values[1])) return [];
    const [x, y] = values;
    return [{ field, values, ...(typeof x === 'number' && typeof y === 'number' && { delta: y - x }) }];
  });
}

function fieldsOf(version: ModelVersion): ReadonlyMap<string, JsonValue> {
  const { trainingData, origin, signature, declared } = version;
  const groups: Readonly<Record<string, object>> = {
    metrics: version.performanceMetrics,
    hyperparameters: version.hyperparameters,
    tags: version.tags,
    trainingData: trainingData ?? {},
    origin: origin ?? {},
    evidence: Object.fromEntries(Object.entries(version.evidence).map(([kind, { passed }]) => [kind, passed])),
    signature: signature ?? {},
    declared: declared ?? {},
    files: Object.fromEntries(version.files.map(({ path, digest }) => [path, digest])),
  };
  const fields = new Map<string, JsonValue>();
  for (const [group, members] of Object.entries(groups)) {
    for (const [name, value] of Object.entries(members)) fields.set(`${group}.${name}`, value as JsonValue);
  }
  const { stage, modelType, featureColumns, targetColumn = null, description = null, runId = null } = version;
  for (const [name, value] of Object.entries({ stage, modelType, featureColumns, targetColumn, description, runId })) {
    fields.set(name, value);
  }
  return fields;
}
