import type { ColumnKind, Row, Table } from '../data/table.js';
import { type AnyModel, isSynchronous } from '../models/async-model.js';
import type { FeatureSpec, Task } from '../models/model.js';
import { refuse } from '../util/check.js';
import { nearest } from '../util/nearest.js';

/** What a version takes and gives: recorded at registration, held against every request when it serves. */
export interface ModelSignature {
  readonly inputs: readonly FeatureSpec[];
  readonly output: {
    /** The target column, when it has a name. */
    readonly name?: string;
    /** `regression`: a number; `classification`: the probability of the positive class. */
    readonly task: Task;
  };
}

export const signatureOf = (model: AnyModel, targetColumn: string | null): ModelSignature => ({
  inputs: model.features.map(({ name, type }) => ({ name, type })),
  output: { ...(targetColumn !== null && { name: targetColumn }), task: model.task },
});

/**
 * Makes a model refuse what does not fit its signature: a column that is not there at all, or holds another type. Missing
 * values (`null`, `undefined`, NaN in a column that is there) and categories never seen are no violations.
 *
 * @returns the same model
 */
export function holdToSignature<M extends AnyModel>(model: M, { inputs }: ModelSignature): M {
  if (inputs.length === 0) return model;
  const checks = inputs.map(({ name, type }) => ({ name, isNumeric: type === 'numeric' }));
  const checkRow = (row: Row): void => {
    for (const { name, isNumeric } of checks) {
      const value = row[name];
      if (typeof value === 'number') continue;
      if (value === undefined || value === null) {
        if (!(name in row)) missing(name, Object.keys(row));
      } else if (isNumeric ? typeof value !== 'bigint' : typeof value === 'object' || typeof value === 'function') {
        refuse(
          `${JSON.stringify(name)} must be ${isNumeric ? 'a number' : 'a category'} or null, got ${sample(value)}`,
        );
      }
    }
  };
  const checkTable = (table: Table): void => {
    for (const { name, isNumeric } of checks) {
      const column = table.columns.get(name) ?? missing(name, [...table.columns.keys()]);
      if (isNumeric && column.kind !== 'numeric' && column.missingCount < table.rowCount) {
        refuse(`column ${JSON.stringify(name)} must be numeric, it is ${kindWords[column.kind]}`);
      }
    }
  };
  return overridePredict(model, checkRow, checkTable);
}

/** The instance itself stays what it is, for whoever explains or saves it. */
function overridePredict<M extends AnyModel>(
  model: M,
  checkRow: (row: Row) => void,
  checkTable: (table: Table) => void,
): M {
  type Method<A> = (input: A) => number | Float64Array | Promise<number | Float64Array>;
  const checked = <A>(check: (input: A) => void, method: Method<A>): Method<A> => {
    if (isSynchronous(model)) return (input) => (check(input), method(input));
    return async (input) => (check(input), method(input));
  };
  return Object.defineProperties(model, {
    predict: { value: checked(checkRow, model.predict.bind(model)) },
    predictBatch: { value: checked(checkTable, model.predictBatch.bind(model)) },
  });
}

const kindWords: Readonly<Record<ColumnKind, string>> = { numeric: 'numeric', categorical: 'text', date: 'dates' };

const sample = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : `a value of type ${typeof value}`;

const missing = (name: string, present: readonly string[]): never => {
  const guess = nearest(name, present);
  return refuse(
    `the model needs the column ${JSON.stringify(name)}; ` +
      (guess === undefined
        ? 'pass it, with null where the value is missing'
        : `${JSON.stringify(guess)} may be meant for it`),
  );
};
