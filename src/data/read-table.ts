import { extname } from 'node:path';
import { checkOptions, refuse } from '../util/check.js';
import { type Watch, checkNotAborted, inSteps } from '../util/in-steps.js';
import { csvBatches, readCsv, readOptionNames } from './csv.js';
import { Table, type Row, type TableInput, type TableOptions, tableSteps } from './table.js';
import { TableBuilder } from './table-builder.js';

/** Data in memory; the path of a CSV or Parquet file; or batches that arrive one after the other. */
export type DataSource = TableInput | string | AsyncIterable<TableInput>;

export interface ReadTableOptions extends TableOptions, Watch {
  /** Of a CSV file: one character between cells; unless told a tab for `.tsv`, a comma otherwise. */
  readonly delimiter?: string;
}

/**
 * A table from data of any shape, without holding the event loop: what {@link toTable} takes, the path of a `.csv`,
 * `.tsv`, `.txt` or `.parquet` file, or an async iterable of batches. Kinds are inferred over all batches together; a
 * column that a batch lacks is missing there.
 *
 * @example
 * const table = await readTable([{ coupon: 4.25, term: '5-Year' }, { coupon: null, term: '10-Year' }]);
 * table.column('coupon').missingCount; // 1
 * @throws MLOpsError `INVALID_INPUT` for data of another shape, `NOT_FOUND` for a file that is not there, `ABORTED`,
 *   `MISSING_DEPENDENCY` when a Parquet file needs the package `hyparquet`
 */
export async function readTable(source: DataSource, options: ReadTableOptions = {}): Promise<Table> {
  checkOptions(options, readOptionNames, 'readTable');
  if (typeof source === 'string' && formatOf(source) === 'csv') return readCsv(source, csvOptions(source, options));
  const batches = typeof source === 'string' ? parquetFile(source, options) : source;
  return isAsync(batches) ? joinBatches(batches, options) : inSteps(tableSteps(batches, options), options);
}

/**
 * The tables of a source one after the other: data in memory as one, files in parts, batches as they come. Kinds are
 * inferred part by part.
 *
 * @param batchRows least number of rows of a part of a CSV file
 * @throws MLOpsError as {@link readTable}
 */
export async function* readBatches(
  source: DataSource,
  batchRows: number,
  options: ReadTableOptions = {},
): AsyncGenerator<Table> {
  if (typeof source === 'string') {
    if (formatOf(source) === 'csv') yield* csvBatches(source, batchRows, csvOptions(source, options));
    else yield* parquetFile(source, options);
  } else if (isAsync(source)) {
    for await (const batch of source) yield await inSteps(tableSteps(batch, options), { signal: options.signal });
  } else {
    yield await inSteps(tableSteps(source, options), options);
  }
}

/** Loads what reads Parquet with the first such file. */
async function* parquetFile(path: string, options: ReadTableOptions): AsyncGenerator<Table> {
  const { parquetBatches } = await import('./parquet/parquet.js');
  yield* parquetBatches(path, options);
}

export const isAsync = (source: unknown): source is AsyncIterable<TableInput> =>
  typeof source === 'object' && source !== null && Symbol.asyncIterator in source;

function formatOf(path: string): 'csv' | 'parquet' {
  switch (extname(path).toLowerCase()) {
    case '.csv':
    case '.tsv':
    case '.txt':
      return 'csv';
    case '.parquet':
    case '.pq':
      return 'parquet';
    default:
      return refuse(`${JSON.stringify(path.slice(0, 200))} does not end in .csv, .tsv, .txt, .parquet or .pq`);
  }
}

const csvOptions = (path: string, options: ReadTableOptions): ReadTableOptions =>
  options.delimiter === undefined && extname(path).toLowerCase() === '.tsv' ? { ...options, delimiter: '\t' } : options;

async function joinBatches(batches: AsyncIterable<TableInput>, options: ReadTableOptions): Promise<Table> {
  const builder = new TableBuilder(options);
  const watch = { signal: options.signal };
  for await (const batch of batches) {
    checkNotAborted(options.signal);
    if (Array.isArray(batch)) await inSteps(builder.addRows(batch as readonly Row[]), watch);
    else
      await inSteps(
        builder.addTable(await inSteps(tableSteps(batch, { unreadable: options.unreadable }), watch)),
        watch,
      );
  }
  return inSteps(builder.finish(), watch);
}
