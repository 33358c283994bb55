import { decimalNumber, isMissingText, parseDate, parseNumber, parsePercent } from './cell.js';
import { type CategoricalColumn, type ColumnKind, categoricalColumn, numberColumn, numberOf } from './column.js';
import { type BuiltColumn, ColumnBuilder } from './column-builder.js';

/** The part of an Apache Arrow table (or record batch) that is read here. */
export interface ArrowTable {
  readonly schema: { readonly fields: readonly { readonly name: string }[] };
  readonly numRows: number;
  getChildAt(index: number): unknown;
}

interface ArrowVector {
  readonly length: number;
  readonly type: ArrowType;
  readonly data: readonly ArrowData[];
  get(index: number): unknown;
}

interface ArrowType {
  readonly typeId: number;
  /** Of decimals. */
  readonly scale?: number;
  /** Of floats: 0 for half precision. */
  readonly precision?: number;
  /** Of dictionaries: the type of their entries. */
  readonly dictionary?: ArrowType;
}

/** One chunk of a vector. `values` begins at the chunk; the bitmap at `offset` bits before it. */
interface ArrowData {
  readonly length: number;
  readonly offset: number;
  readonly nullCount: number;
  readonly nullBitmap?: Uint8Array | null;
  readonly values: unknown;
  readonly dictionary?: ArrowVector;
}

/** Arrow's numbers for its types; what is not here is nested or binary. */
const types = {
  dictionary: -1,
  null: 1,
  int: 2,
  float: 3,
  utf8: 5,
  bool: 6,
  decimal: 7,
  date: 8,
  time: 9,
  timestamp: 10,
  duration: 18,
  largeUtf8: 20,
  utf8View: 24,
};
const readable = new Set(Object.values(types));
const textual = new Set([types.utf8, types.largeUtf8, types.utf8View]);

/** Whether a value has the shape of an Arrow table, of whatever version of whichever library. */
export function isArrowTable(value: object): value is ArrowTable {
  const { schema, numRows, getChildAt } = value as Partial<ArrowTable>;
  return Array.isArray(schema?.fields) && typeof numRows === 'number' && typeof getChildAt === 'function';
}

/** The columns of an Arrow table, and what was left out because no statistic is defined for it. */
export function* columnsFromArrow(
  table: ArrowTable,
  forced: Readonly<Record<string, ColumnKind>> = {},
): Generator<number, { readonly built: readonly BuiltColumn[]; readonly notes: readonly string[] }> {
  const built: BuiltColumn[] = [];
  const notes: string[] = [];
  for (let i = 0; i < table.schema.fields.length; i++) {
    const { name } = table.schema.fields[i]!;
    const vector = table.getChildAt(i) as ArrowVector | null;
    const type = vector?.type.dictionary ?? vector?.type;
    if (vector === null || type === undefined || !readable.has(type.typeId)) {
      notes.push(`column ${JSON.stringify(name)} holds nested or binary values: left out`);
    } else {
      built.push(yield* readVector(name, vector, forced[name]));
    }
    yield (i + 1) / table.schema.fields.length;
  }
  return { built, notes };
}

function* readVector(name: string, vector: ArrowVector, forced?: ColumnKind): Generator<number, BuiltColumn> {
  const { typeId } = vector.type;
  if (forced !== undefined) return yield* readCells(name, vector, forced);
  if (typeId === types.dictionary) {
    const texts = dictionaryTexts(vector);
    if (texts !== undefined) return { column: categoriesOf(name, vector, texts) };
  }
  const isHalf = typeId === types.float && vector.type.precision === 0;
  if ((typeId === types.int || typeId === types.float) && !isHalf) {
    return { column: numberColumn('numeric', name, numbersOf(vector)) };
  }
  return yield* readCells(name, vector);
}

/** Doubles in one chunk without gaps are taken as they are. */
function numbersOf({ data, length }: ArrowVector): Float64Array {
  const only = data.length === 1 ? data[0]! : undefined;
  if (only?.nullCount === 0 && only.values instanceof Float64Array) return only.values.subarray(0, length);
  const result = new Float64Array(length);
  let at = 0;
  for (const chunk of data) {
    copyNumbers(result, at, chunk);
    at += chunk.length;
  }
  return result;
}

function copyNumbers(result: Float64Array, at: number, chunk: ArrowData): void {
  const { values, length } = chunk;
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) {
    for (let i = 0; i < length; i++) result[at + i] = Number(values[i]);
  } else {
    result.set((values as Float64Array).subarray(0, length), at);
  }
  if (chunk.nullCount > 0) {
    for (let i = 0; i < length; i++) if (!isValid(chunk, i)) result[at + i] = NaN;
  }
}

function isValid({ nullBitmap, offset }: Pick<ArrowData, 'nullBitmap' | 'offset'>, index: number): boolean {
  if (!nullBitmap || nullBitmap.length === 0) return true;
  const bit = offset + index;
  return ((nullBitmap[bit >> 3]! >> (bit & 7)) & 1) === 1;
}

/** The entries of a dictionary by chunk, when all are plain texts: then codes need no decoding. */
function dictionaryTexts({ data }: ArrowVector): (string | null)[][] | undefined {
  const chunks: (string | null)[][] = [];
  for (const { dictionary } of data) {
    if (dictionary === undefined || !textual.has(dictionary.type.typeId)) return undefined;
    const texts: (string | null)[] = [];
    for (let i = 0; i < dictionary.length; i++) {
      const text = dictionary.get(i) as string | null;
      if (text !== null && isMoreThanText(text)) return undefined;
      texts.push(text);
    }
    chunks.push(texts);
  }
  return chunks;
}

const isMoreThanText = (text: string): boolean =>
  isMissingText(text) || [parseNumber, parseDate, parsePercent].some((parse) => !Number.isNaN(parse(text)));

function categoriesOf(
  name: string,
  { data, length }: ArrowVector,
  texts: readonly (string | null)[][],
): CategoricalColumn {
  const codes = new Int32Array(length).fill(-1);
  const numbers = new Map<string, number>();
  let at = 0;
  data.forEach((chunk, c) => {
    const translated = texts[c]!.map((text) => (text === null ? -1 : numberOf(numbers, text)));
    const values = chunk.values as ArrayLike<number | bigint>;
    for (let i = 0; i < chunk.length; i++) {
      if (chunk.nullCount === 0 || isValid(chunk, i)) codes[at + i] = translated[Number(values[i])]!;
    }
    at += chunk.length;
  });
  return categoricalColumn(name, codes, [...numbers.keys()]);
}

/** Cells one by one, decoded by the vector itself. */
function* readCells(name: string, vector: ArrowVector, forced?: ColumnKind): Generator<number, BuiltColumn> {
  const { typeId, scale = 0 } = vector.type.dictionary ?? vector.type;
  const isTime = typeId === types.date || typeId === types.timestamp;
  const times = isTime ? new Float64Array(vector.length).fill(NaN) : undefined;
  const builder = new ColumnBuilder(name, false);
  for (let row = 0; row < vector.length; row++) {
    const cell = vector.get(row);
    if (cell !== null) {
      if (times !== undefined) times[row] = Number(cell);
      else if (typeId === types.decimal) builder.addNumber(decimal(cell as Uint32Array, scale), row);
      else builder.addCell(cell, row);
    }
    if (row % 16_384 === 16_383) yield 0;
  }
  if (times !== undefined) return { column: numberColumn('date', name, times) };
  return yield* builder.finishSteps(vector.length, forced);
}

/** A decimal's 32-bit words, lowest first, in two's complement. */
function decimal(words: Uint32Array, scale: number): number {
  let value = 0n;
  for (let i = words.length - 1; i >= 0; i--) value = (value << 32n) | BigInt(words[i]!);
  return decimalNumber(BigInt.asIntN(32 * words.length, value), scale);
}
