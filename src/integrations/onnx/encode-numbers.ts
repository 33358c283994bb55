import { refuse } from '../../util/check.js';

/** Types of inputs that numbers are passed as. */
export const numberTypes = ['float32', 'float64', 'int32', 'int64', 'bool'] as const;
export type NumberType = (typeof numberTypes)[number];

type Encoded = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

/**
 * Columns side by side, row by row, in the type of an input. Missing numbers are NaN where the type has one.
 *
 * @throws MLOpsError `INVALID_INPUT` for values that the type cannot hold, with the column and the row
 */
export function encodeNumbers(
  type: NumberType,
  names: readonly string[],
  columns: readonly Float64Array[],
  rows: number,
): Encoded {
  const cells = new Float64Array(rows * columns.length);
  columns.forEach((column, i) => {
    for (let row = 0; row < rows; row++) cells[row * columns.length + i] = column[row]!;
  });
  if (type === 'float64') return cells;
  if (type === 'float32') return Float32Array.from(cells);
  const isHeld = {
    int32: (value: number) => Number.isInteger(value) && Math.abs(value) < 2 ** 31,
    int64: Number.isSafeInteger,
    bool: (value: number) => value === 0 || value === 1,
  }[type];
  cells.forEach((value, i) => {
    if (isHeld(value)) return;
    const found = Number.isNaN(value) ? 'missing' : String(value);
    const advice = Number.isNaN(value)
      ? 'fill it in, or export the model with floating-point inputs'
      : 'round it before';
    const [row, name] = [Math.floor(i / names.length), names[i % names.length]!];
    refuse(`feature ${name} is ${found} in row ${row}, and the ONNX model takes ${type}; ${advice}`);
  });
  if (type === 'int32') return Int32Array.from(cells);
  return type === 'bool' ? Uint8Array.from(cells) : BigInt64Array.from(cells, BigInt);
}
