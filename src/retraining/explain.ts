import type { Table } from '../data/table.js';
import { type AnyModel, isSynchronous } from '../models/async-model.js';
import { permutationImportance } from '../models/permutation-importance.js';
import type { Evidence } from '../registry/model-record.js';
import type { EvidenceKind } from '../registry/evidence-kind.js';
import type { Random } from '../util/random.js';

/** What could be found out about a model by itself; the rest needs a person. */
export type ExplanationEvidence = Partial<Record<EvidenceKind, Pick<Evidence, 'passed' | 'detail'>>>;

/** Rows that are explained: more change the picture little. */
const maxRows = 2000;

/** What a model goes by, on rows that it has not learned from. */
export function explainModel(
  model: AnyModel,
  holdout: Table,
  targetColumn: string,
  random: Random,
): ExplanationEvidence {
  if (!isSynchronous(model)) return {};
  const rows = holdout.rowCount <= maxRows ? holdout : holdout.slice(-maxRows);
  const importance = permutationImportance(model, rows, targetColumn, { random: random.split('importance') });
  return {
    feature_importance: {
      passed: true,
      detail: { method: 'permutation', rows: rows.rowCount, importance: importance.map((entry) => ({ ...entry })) },
    },
  };
}
