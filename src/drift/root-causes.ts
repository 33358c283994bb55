import type { Table } from '../data/table.js';
import { MLOpsError } from '../errors.js';
import type { Model } from '../models/model.js';
import { permutationImportance } from '../models/explanation/permutation-importance.js';
import type { Evidence } from '../registry/model-record.js';
import type { Random } from '../util/random.js';
import type { ColumnDrift, RootCause } from './drift-report.js';

/** What each feature is worth to a model, by name. */
export type Importances = ReadonlyMap<string, number>;

/**
 * Where a change comes from: features ranked by drift × importance in the model. Drift counts as far as it is certain (the
 * lower bound of the distance), so that noise in an important feature is no cause.
 */
export function rootCauses(columns: readonly ColumnDrift[], importances: Importances): readonly RootCause[] {
  const causes = columns.flatMap(({ role, column, distance }) => {
    const importance = Math.max(0, importances.get(column) ?? 0);
    const drift = role === 'feature' ? (distance?.lower ?? 0) : 0;
    return drift * importance > 0 ? [{ column, drift, importance, weight: drift * importance }] : [];
  });
  const total = causes.reduce((sum, { weight }) => sum + weight, 0);
  return causes
    .sort((a, b) => b.weight - a.weight || (a.column < b.column ? -1 : 1))
    .map(({ weight, ...cause }) => ({ ...cause, share: weight / total }));
}

/** Importances that were recorded with a version; undefined when none were. */
export function recordedImportances(evidence: Evidence | undefined): Importances | undefined {
  const list = evidence?.detail['importance'];
  if (!Array.isArray(list)) return undefined;
  const entries = list.flatMap((entry) => {
    const { feature, importance } = Object(entry) as { feature?: unknown; importance?: unknown };
    return typeof feature === 'string' && typeof importance === 'number' ? [[feature, importance] as const] : [];
  });
  return entries.length === 0 ? undefined : new Map(entries);
}

/** Rows on which importances are computed: more change the picture little. */
const mostRows = 1000;

/** Permutation importances on rows of the baseline, when their outcomes are known and suit the model. */
export async function computedImportances(
  model: Model,
  baseline: Table,
  targetColumn: string,
  { random, signal }: { readonly random: Random; readonly signal: AbortSignal | undefined },
): Promise<Importances | undefined> {
  const target = baseline.columns.get(targetColumn);
  if (target?.kind !== 'numeric') return undefined;
  const known = [...target.values.keys()].filter((row) => Number.isFinite(target.values[row]));
  if (known.length === 0) return undefined;
  const step = Math.max(1, known.length / mostRows);
  const rows = Int32Array.from({ length: Math.min(known.length, mostRows) }, (_, i) => known[Math.floor(i * step)]!);
  try {
    const options = { random, repeats: 2, signal };
    const importances = await permutationImportance(model, baseline.take(rows), targetColumn, options);
    return new Map(importances.map(({ feature, importance }) => [feature, importance]));
  } catch (error) {
    if (error instanceof MLOpsError && error.code === 'INVALID_INPUT') return undefined; // the drift still counts
    throw error;
  }
}
