import type { FileMetaData, SchemaElement } from 'hyparquet';
import { refuse } from '../../util/check.js';
import { ThriftReader } from './thrift-reader.js';

const mebibyte = 1024 * 1024;

/** Most bytes of the description at the end of a file: as much as that of a million columns' parts. */
const maxFooterBytes = 16 * mebibyte;

/** What a file may come to in memory whatever its size, bytes, and how many times its size. */
const leastBudget = 256 * mebibyte;
const maxRatio = 128;

/** Most rows of a row group; writers take about a million. */
const maxGroupRows = 1 << 25;

/** Bytes that a cell of a table takes. */
const cellBytes = 8;

const maxSchemaDepth = 64;

/** Bytes that a file of a size may come to in memory. */
export const budgetOf = (fileBytes: number): number => Math.max(leastBudget, maxRatio * fileBytes);

/** @returns where the description begins. @throws MLOpsError `INVALID_INPUT` */
export function findFooter(ending: Uint8Array, fileBytes: number): number {
  const view = new DataView(ending.buffer, ending.byteOffset, ending.byteLength);
  if (fileBytes < 12 || view.getUint32(4, true) !== 0x31524150) refuse('it does not end in PAR1');
  const length = view.getUint32(0, true);
  if (length > fileBytes - 8)
    refuse(`its description of ${length} bytes does not fit into the ${fileBytes} of the file`);
  if (length > maxFooterBytes) {
    refuse(
      `its description has ${length} bytes, and at most ${maxFooterBytes} are read; write fewer row groups or columns`,
    );
  }
  return fileBytes - 8 - length;
}

/** Checks the description before anything is made of it. @throws MLOpsError `INVALID_INPUT` */
export const checkFooter = (bytes: Uint8Array): void => void new ThriftReader(bytes).struct();

/**
 * Checks that the schema is a tree of sound depth, and that rows and sizes agree with each other and with the file.
 *
 * @param names of the columns that will be read
 * @throws MLOpsError `INVALID_INPUT`
 */
export function checkMetadata(metadata: FileMetaData, names: readonly string[], fileBytes: number): void {
  if (new Set(names).size !== names.length) refuse('two of its columns have one name');
  const budget = budgetOf(fileBytes);
  let [allRows, cells, bytes] = [0, 0, 0];
  for (const { num_rows, columns } of metadata.row_groups) {
    const rows = whole(num_rows, 'the number of rows of a row group');
    if (rows > maxGroupRows) {
      refuse(
        `a row group says that it has ${rows} rows, and at most ${maxGroupRows} are read at once; write smaller ones`,
      );
    }
    allRows += rows;
    cells += rows * names.length;
    const found = columns.flatMap(({ meta_data: meta }) => (meta === undefined ? [] : [meta]));
    const read = found.filter(({ path_in_schema: path }) => names.includes(path[0]!));
    if (read.length !== names.length) refuse('a row group does not hold each column once');
    for (const meta of read) {
      const name = JSON.stringify(meta.path_in_schema[0]);
      if (whole(meta.num_values, `the number of values of ${name}`) !== rows) {
        refuse(`${name} says that it has ${meta.num_values} values in ${rows} rows`);
      }
      bytes += whole(meta.total_uncompressed_size, `the size of ${name}`);
      const { start, end } = rangeOf(meta);
      if (end > fileBytes) refuse(`${name} says that it lies at ${start} to ${end} of ${fileBytes} bytes`);
    }
  }
  const said = whole(metadata.num_rows, 'the number of rows');
  if (said !== allRows) refuse(`it says that it has ${said} rows, and its row groups ${allRows}`);
  if (Math.max(cells * cellBytes, bytes) > budget) throw expands(Math.max(cells * cellBytes, bytes), fileBytes);
}

type ColumnMeta = NonNullable<FileMetaData['row_groups'][number]['columns'][number]['meta_data']>;

/** Where the pages of a column are. */
export function rangeOf(meta: ColumnMeta): { readonly start: number; readonly end: number } {
  const name = JSON.stringify(meta.path_in_schema[0]);
  const offset = meta.dictionary_page_offset ? meta.dictionary_page_offset : meta.data_page_offset;
  const start = whole(offset, `the place of ${name}`);
  return { start, end: start + whole(meta.total_compressed_size, `the compressed size of ${name}`) };
}

/** That a file would take more memory than any of its size should. */
export function expands(bytes: number, fileBytes: number): Error {
  return new Error(
    `it would take ${Math.ceil(bytes / mebibyte)} MiB in memory, which is more than ${maxRatio} times its ${fileBytes} bytes; ` +
      'if that is right, split it, or read it with a program of your own and pass the rows in batches',
  );
}

/** @throws MLOpsError `INVALID_INPUT` for what is no whole number from 0 */
export function whole(value: unknown, what: string): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  return refuse(`${what} is ${String(value)}`);
}

/** Walks the schema without recursion, which a deep one would end in. @throws MLOpsError `INVALID_INPUT` */
export function checkSchema(schema: readonly SchemaElement[]): void {
  const open: number[] = [];
  for (const { num_children: children = 0 } of schema) {
    whole(children, 'the number of columns below one');
    if (children > 0) open.push(children);
    else while (open.length > 0 && --open[open.length - 1]! === 0) open.pop();
    if (open.length > maxSchemaDepth) refuse(`its columns are nested deeper than ${maxSchemaDepth} levels`);
  }
  if (open.length > 0) refuse('its schema names more columns than there are');
}
