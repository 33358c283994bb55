import { type FileHandle, open } from 'node:fs/promises';
import type { AsyncBuffer, DecodedArray, FileMetaData, SchemaElement, SchemaTree } from 'hyparquet';
import { MLOpsError } from '../../errors.js';
import { type Watch, checkNotAborted, inSteps } from '../../util/in-steps.js';
import { decimalNumber } from '../cell.js';
import { Table, type TableOptions, tableSteps } from '../table.js';
import { budgetOf, checkFooter, checkMetadata, checkSchema, findFooter, rangeOf } from './check-metadata.js';
import { type Budget, type CheckPage, checkPages } from './page-guard.js';
import { isError } from '../../util/is-error.js';

export interface ReadParquetOptions extends TableOptions, Watch {}

/**
 * A Parquet file in tables of one row group each. Needs the package `hyparquet`, which reads uncompressed and Snappy
 * files; nested, repeated and binary columns are left out, with a note.
 *
 * What the file says of itself is checked before anything is decoded: one that would take more than 256 MiB, and more than 128
 * times its size, in memory is refused.
 *
 * @throws MLOpsError `MISSING_DEPENDENCY` without the package, `NOT_FOUND`, `ABORTED`, or `INVALID_INPUT` for a file that
 *   is not Parquet, is damaged, is compressed otherwise, or expands out of proportion
 */
export async function* parquetBatches(path: string, options: ReadParquetOptions = {}): AsyncGenerator<Table> {
  const parquet = await loadHyparquet();
  const handle = await openFile(path);
  try {
    const file = await explained(path, () => describeFile(parquet, handle));
    let rowStart = 0;
    for (const group of file.metadata.row_groups) {
      checkNotAborted(options.signal);
      const rows = Number(group.num_rows);
      const budget: Budget = { left: budgetOf(file.bytes), whole: budgetOf(file.bytes), fileBytes: file.bytes };
      const columns: [string, DecodedArray][] = [];
      const notes = [...file.notes];
      for (const field of file.flat) {
        const { name } = field.element;
        const cells = await explained(path, () => readColumn(parquet, file, group, field, budget));
        if (cells === undefined) notes.push(leftOut(name));
        else columns.push([name, cells]);
        checkNotAborted(options.signal);
      }
      yield await toTable(columns, rows, notes, options);
      rowStart += rows;
      options.onProgress?.(rowStart / Number(file.metadata.num_rows));
    }
    if (rowStart === 0) {
      yield await toTable(
        file.flat.map(({ element }) => [element.name, []]),
        0,
        file.notes,
        options,
      );
    }
  } finally {
    await handle.close();
  }
}

async function toTable(
  columns: readonly (readonly [string, DecodedArray])[],
  rows: number,
  notes: readonly string[],
  options: ReadParquetOptions,
): Promise<Table> {
  const table = await inSteps(tableSteps(Object.fromEntries(columns), options), { signal: options.signal });
  return new Table([...table.columns.values()], rows, [...table.notes, ...notes]);
}

const leftOut = (name: string): string =>
  `column ${JSON.stringify(name)} holds nested, repeated or binary values: left out`;

type Hyparquet = typeof import('hyparquet');

interface ParquetFile {
  readonly bytes: number;
  readonly metadata: FileMetaData;
  /** Columns that are neither nested nor repeated. */
  readonly flat: readonly SchemaTree[];
  readonly notes: readonly string[];
  readonly slice: (start: number, end: number) => Promise<Uint8Array<ArrayBuffer>>;
}

async function describeFile(parquet: Hyparquet, handle: FileHandle): Promise<ParquetFile> {
  const { size: bytes } = await handle.stat();
  const slice: ParquetFile['slice'] = async (start, end) => {
    const content = new Uint8Array(end - start);
    const { bytesRead } = await handle.read(content, 0, content.length, start);
    if (bytesRead < content.length) throw new Error('it became shorter while it was read');
    return content;
  };
  const footerAt = findFooter(await slice(Math.max(0, bytes - 8), bytes), bytes);
  const footer = await slice(footerAt, bytes);
  checkFooter(footer.subarray(0, -8));
  // Columns of shapes are marked by a walk that trusts the schema, and goes round for ever in some.
  const unmarked = parquet.parquetMetadata(footer, { geoparquet: false });
  checkSchema(unmarked.schema);
  const hasShapes = unmarked.key_value_metadata?.some(({ key }) => key === 'geo') === true;
  const metadata = hasShapes ? parquet.parquetMetadata(footer) : unmarked;
  const fields = parquet.parquetSchema(metadata).children;
  const [flat, others] = [fields.filter(isFlat), fields.filter((field) => !isFlat(field))];
  checkMetadata(
    metadata,
    flat.map(({ element }) => element.name),
    bytes,
  );
  const notes = others.map(({ element }) => leftOut(element.name));
  return { bytes, metadata, flat, notes, slice };
}

/** What would become an object, which no table holds, or what the package cannot read. */
const unreadable = ['GEOMETRY', 'GEOGRAPHY', 'VARIANT', 'JSON', 'BSON', 'INTERVAL'];
/** Bytes of a fixed length that are a number or a text. */
const readableBytes = ['DECIMAL', 'FLOAT16', 'UUID'];

function isFlat({ children, element }: SchemaTree): boolean {
  if (children.length > 0 || element.repetition_type === 'REPEATED') return false;
  const names = namesOf(element);
  if (element.type === 'FIXED_LEN_BYTE_ARRAY') return names.some((name) => readableBytes.includes(name));
  return !names.some((name) => unreadable.includes(name));
}

/** What the values of a column mean: writers say it in one of two ways, or in both. */
const namesOf = ({ converted_type: older, logical_type: newer }: SchemaElement): string[] => [
  ...(older === undefined ? [] : [older]),
  ...(newer === undefined ? [] : [newer.type]),
];

/**
 * Decodes one column of one row group, after its pages were looked at: nothing else of the file is within reach meanwhile.
 * Undefined where bytes that nothing says to be text are none.
 */
async function readColumn(
  parquet: Hyparquet,
  { bytes: byteLength, metadata, slice }: ParquetFile,
  group: FileMetaData['row_groups'][number],
  { element }: SchemaTree,
  budget: Budget,
): Promise<DecodedArray | undefined> {
  const meta = group.columns.find(({ meta_data: found }) => found?.path_in_schema[0] === element.name)!.meta_data!;
  const rows = Number(group.num_rows);
  if (rows === 0) return [];
  const range = rangeOf(meta);
  const bytes = await slice(range.start, range.end);
  const checks = checkPages({ bytes, element, meta, rows }, budget);
  const file: AsyncBuffer = {
    byteLength,
    slice: (start, end) => {
      if (start !== range.start || end !== range.end) throw new Error(`bytes ${start} to ${end} are not its own`);
      return bytes.buffer;
    },
  };
  const compressors = { SNAPPY: decompressor(parquet, checks) };
  const names = namesOf(element);
  const isDecimal = names.includes('DECIMAL');
  let binaryCells = 0;
  const stringFromBytes = (cell: Uint8Array | undefined): string | undefined => {
    const text = textOf(cell);
    if (text !== null) return text;
    if (names.length > 0)
      throw new Error(`text of column ${JSON.stringify(element.name)} is not UTF-8: write it as such`);
    binaryCells++;
    return '';
  };
  const schema = metadata.schema.map((each) => (each === element ? asRead(element) : each));
  const alone = { ...metadata, schema, num_rows: group.num_rows, row_groups: [group] };
  const scan = await parquet.parquetScan({
    file,
    metadata: alone,
    compressors,
    useOffsetIndex: false,
    utf8: !isDecimal,
    parsers: { stringFromBytes },
  });
  const cells = await scan.readColumn({ column: element.name, rowStart: 0, rowEnd: rows });
  if (binaryCells > 0) return undefined;
  return isDecimal ? Array.from(cells, (cell) => decimal(cell as Unscaled, scaleOf(element))) : cells;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The package would put the same sign in the place of whatever it cannot read. @returns null where it is no UTF-8 */
function textOf(cell: Uint8Array | undefined): string | undefined | null {
  try {
    return cell && utf8.decode(cell);
  } catch {
    return null;
  }
}

/** A column as the package is told of it, which knows days by their older name only. */
function asRead(element: SchemaElement): SchemaElement {
  const names = namesOf(element);
  if (names.includes('DATE')) return { ...element, converted_type: 'DATE' };
  if (!names.includes('DECIMAL')) return element;
  // It multiplies decimals by 10^(−scale), which no double holds: 0.3 would be 0.30000000000000004.
  const { converted_type: _, logical_type: __, ...plain } = element;
  return plain;
}

const scaleOf = ({ scale, logical_type: newer }: SchemaElement): number | undefined =>
  newer?.type === 'DECIMAL' ? newer.scale : scale;

/** A decimal as it is stored; bytes hold the highest first, in two's complement. */
type Unscaled = number | bigint | Uint8Array | null | undefined;

function decimal(cell: Unscaled, scale = 0): number | null {
  if (cell === null || cell === undefined) return null;
  if (!(cell instanceof Uint8Array)) return decimalNumber(BigInt(cell), scale);
  const unscaled = cell.length === 0 ? 0n : BigInt(`0x${Buffer.from(cell).toString('hex')}`);
  return decimalNumber(BigInt.asIntN(8 * cell.length, unscaled), scale);
}

/** What comes out of a page is looked at before it is decoded. */
const decompressor =
  ({ snappyUncompress }: Hyparquet, checks: ReadonlyMap<number, CheckPage>) =>
  (input: Uint8Array, size: number): Uint8Array => {
    const output = new Uint8Array(size);
    snappyUncompress(input, output);
    const check = checks.get(input.byteOffset);
    if (check === undefined) throw new Error('a page is not where it should be');
    check(output);
    return output;
  };

async function loadHyparquet(): Promise<Hyparquet> {
  try {
    return await import('hyparquet');
  } catch (cause) {
    throw new MLOpsError('MISSING_DEPENDENCY', 'reading Parquet needs the package hyparquet: npm install hyparquet', {
      cause,
    });
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    const message = `cannot read ${path}: there is no such file, or no permission to read it`;
    throw new MLOpsError('NOT_FOUND', message, { cause });
  }
}

async function explained<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const reason = isError(cause) ? cause.message : String(cause);
    throw new MLOpsError('INVALID_INPUT', `cannot read ${path} as Parquet: ${reason}`, { cause });
  }
}
