import { booleanText } from '../../data/boolean-text.js';
import type { Column, Row, Table } from '../../data/table.js';
import type { FeatureSpec } from '../../models/model.js';
import type { OnnxSignature, OnnxValue } from '../../models/onnx/onnx-signature.js';
import { asCategory, asNumber, numbersOf, textsOf } from '../../models/read-cells.js';
import { refuse } from '../../util/check.js';
import { type NumberType, encodeNumbers, numberTypes } from './encode-numbers.js';
import type { Runtime, RuntimeTensor } from './runtime.js';

/** One input and the columns that go into it: one, or all of them side by side. */
interface PlannedInput {
  readonly name: string;
  readonly type: NumberType | 'string';
  readonly columns: readonly string[];
  /** Whether it takes rows of cells, or cells alone. */
  readonly rank: 1 | 2;
}

/** Reads the cells of the records to predict for, by feature. */
interface CellReader {
  readonly numbers: (name: string) => Float64Array;
  readonly texts: (name: string) => readonly string[];
}

/** How records become the inputs of a model. */
export class InputPlan {
  readonly features: readonly FeatureSpec[];

  /** @param missingText what a missing text is passed as */
  constructor(
    private readonly inputs: readonly PlannedInput[],
    /** Most rows that go in at once. */
    readonly batchSize: number,
    private readonly missingText: string,
  ) {
    this.features = inputs.flatMap(({ type, columns }) =>
      columns.map((name) => ({ name, type: type === 'string' ? ('categorical' as const) : ('numeric' as const) })),
    );
  }

  ofRow(row: Row, { Tensor }: Runtime): Record<string, RuntimeTensor> {
    const cell = (name: string): unknown => (Object.hasOwn(row, name) ? row[name] : undefined);
    return this.#feeds(1, Tensor, {
      numbers: (name) => Float64Array.of(numberOf(cell(name))),
      texts: (name) => [asCategory(cell(name))],
    });
  }

  /** Rows of a table from `start` to before `end`. */
  ofTable(table: Table, start: number, end: number, { Tensor }: Runtime): Record<string, RuntimeTensor> {
    const part = start === 0 && end === table.rowCount ? table : table.slice(start, end);
    return this.#feeds(part.rowCount, Tensor, {
      numbers: (name) => columnNumbers(part.columns.get(name), part.rowCount),
      texts: (name) => textsOf(part.columns.get(name), part.rowCount),
    });
  }

  #feeds(rows: number, Tensor: Runtime['Tensor'], read: CellReader): Record<string, RuntimeTensor> {
    return Object.fromEntries(
      this.inputs.map(({ name, type, columns, rank }) => {
        const dims = rank === 1 ? [rows] : [rows, columns.length];
        const data =
          type === 'string'
            ? sideBySide(columns.map(read.texts), rows).map((text) => (text === '' ? this.missingText : text))
            : encodeNumbers(type, columns, columns.map(read.numbers), rows);
        return [name, new Tensor(type, data, dims)];
      }),
    );
  }
}

/** A cell as a number; booleans are 0 and 1, as in the programs that models come from. */
function numberOf(cell: unknown): number {
  const spelled = typeof cell === 'boolean' ? String(cell) : typeof cell === 'string' ? booleanText(cell) : undefined;
  return spelled === undefined ? asNumber(cell) : Number(spelled === 'true');
}

function columnNumbers(column: Column | undefined, rows: number): Float64Array {
  if (column?.kind !== 'categorical') return numbersOf(column, rows);
  const parsed = column.categories.map(numberOf);
  return Float64Array.from(column.codes, (code) => parsed[code] ?? NaN);
}

const sideBySide = (columns: readonly (readonly string[])[], rows: number): string[] =>
  Array.from({ length: rows }, (_, row) => columns.map((column) => column[row]!)).flat();

/**
 * Finds out which columns go into which inputs: those of the same names where there is one input a column, or all
 * columns in their order where there is one input for all.
 *
 * @throws MLOpsError `INVALID_INPUT` when neither fits
 */
export function planInputs(
  { inputs }: OnnxSignature,
  featureColumns: readonly string[],
  missingText: string,
): InputPlan {
  const [first] = inputs;
  const isByName = inputs.length === featureColumns.length && featureColumns.every((name) => named(inputs, name));
  const planned = isByName
    ? featureColumns.map((name) => planInput(named(inputs, name)!, [name]))
    : inputs.length === 1
      ? [planInput(first!, featureColumns)]
      : refuse(
          `the ONNX model takes ${inputs.map(describe).join(', ')}, the feature columns are ${featureColumns.join(', ')}: ` +
            'export it with one input a column, of the same names, or with one input for all columns in that order',
        );
  const fixed = new Set(inputs.map(({ shape }) => shape?.[0]).filter((length) => typeof length === 'number'));
  if (fixed.size > 0 && !(fixed.size === 1 && fixed.has(1))) {
    refuse('the ONNX model takes a fixed number of rows only; export it with a first dimension that may vary');
  }
  return new InputPlan(planned, fixed.has(1) ? 1 : 8192, missingText);
}

function planInput(input: OnnxValue, columns: readonly string[]): PlannedInput {
  const { name, shape } = input;
  const rank = shape?.length ?? 2;
  const width = shape?.[1];
  if ((rank !== 1 && rank !== 2) || (rank === 1 && columns.length > 1)) {
    refuse(`input ${describe(input)} does not take ${columns.length} cells a row; expected [rows, ${columns.length}]`);
  }
  if (typeof width === 'number' && width !== columns.length) {
    refuse(`input ${describe(input)} takes ${width} columns, there are ${columns.length}: ${columns.join(', ')}`);
  }
  const type = [...numberTypes, 'string' as const].find((known) => known === input.type);
  if (type === undefined) {
    refuse(
      `input ${describe(input)} is of a type that is not passed in here; known are ${numberTypes.join(', ')}, string`,
    );
  }
  return { name, type, columns, rank };
}

const named = (values: readonly OnnxValue[], name: string): OnnxValue | undefined =>
  values.find((value) => value.name === name);

/** Such as `features: float32[rows, 5]`. */
export const describe = ({ name, type, shape }: OnnxValue): string =>
  `${name}: ${type}${shape === null ? '' : `[${shape.map((length) => (length === '' ? '?' : length)).join(', ')}]`}`;
