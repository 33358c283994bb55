import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { MLOpsError } from '../errors.js';
import { checkOptions, refuse } from '../util/check.js';
import { type Watch, checkNotAborted, inSteps } from '../util/in-steps.js';
import { ColumnBuilder } from './column-builder.js';
import { CsvScanner } from './csv-scanner.js';
import { type Table, type TableOptions, tableFromBuilders } from './table.js';
import { isError } from '../util/is-error.js';

export const readOptionNames = ['types', 'unreadable', 'delimiter', 'signal', 'onProgress'];

export interface ReadCsvOptions extends TableOptions, Watch {
  /** One character between cells; a comma unless told. */
  readonly delimiter?: string;
}

/** Bytes read and scanned at a time: few milliseconds of work. */
const chunkBytes = 1 << 16;

/**
 * Reads a CSV file (RFC 4180, UTF-8, a header line; a byte order mark, CRLF and blank lines are fine) in one pass, with
 * memory for the resulting columns only. Kinds are inferred as for {@link Table}.
 *
 * @throws MLOpsError `NOT_FOUND` when there is no such file, `ABORTED`, or `INVALID_INPUT` with the line for an empty
 *   file, column names that are empty or repeat, and rows that are longer or shorter than the header
 */
export async function readCsv(path: string, options: ReadCsvOptions = {}): Promise<Table> {
  checkOptions(options, readOptionNames, 'readCsv');
  const columns = new CsvColumns(path);
  for await (const records of csvRecords(path, options)) columns.add(records);
  const table = await inSteps(columns.take(options), { signal: options.signal });
  options.onProgress?.(1);
  return table;
}

/**
 * A CSV file in tables of at least `batchRows` rows, the last excepted, so that files of any size can be read. Kinds are
 * inferred batch by batch.
 *
 * @throws MLOpsError as {@link readCsv}
 */
export async function* csvBatches(
  path: string,
  batchRows: number,
  options: ReadCsvOptions = {},
): AsyncGenerator<Table> {
  const columns = new CsvColumns(path);
  let isFirst = true;
  for await (const records of csvRecords(path, options)) {
    columns.add(records);
    if (columns.rowCount < batchRows) continue;
    yield await inSteps(columns.take(options), { signal: options.signal });
    isFirst = false;
  }
  if (columns.rowCount > 0 || isFirst) yield await inSteps(columns.take(options), { signal: options.signal });
  options.onProgress?.(1);
}

interface Records {
  readonly cells: readonly string[];
  readonly line: number;
}

/** The records of a file, header included, a chunk at a time. */
async function* csvRecords(path: string, options: ReadCsvOptions): AsyncGenerator<readonly Records[]> {
  const size = await sizeOf(path);
  checkNotAborted(options.signal);
  const scanner = new CsvScanner(path, options.delimiter ?? ',');
  const source = createReadStream(path, { highWaterMark: chunkBytes, signal: options.signal });
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let records: Records[] = [];
  const keep = (cells: string[], line: number): void => void records.push({ cells, line });
  try {
    for await (const chunk of source as AsyncIterable<Uint8Array>) {
      scanner.write(decoder.decode(chunk, { stream: true }), keep);
      yield records;
      records = [];
      options.onProgress?.(Math.min(1, source.bytesRead / size));
    }
    scanner.write(decoder.decode(), keep);
    scanner.end(keep);
    yield records;
  } catch (error) {
    throw explain(error, path);
  } finally {
    source.destroy();
  }
}

/** Columns that grow record by record. */
class CsvColumns {
  #names: readonly string[] | undefined;
  #builders: readonly ColumnBuilder[] = [];
  rowCount = 0;

  constructor(private readonly path: string) {}

  add(records: readonly Records[]): void {
    for (const { cells, line } of records) {
      if (this.#names === undefined) {
        this.#names = readHeader(cells, this.path);
        this.#begin();
      } else {
        if (cells.length !== this.#names.length) {
          refuse(
            `${this.path}:${line}: the record on line ${line} has ${cells.length} cells, ` +
              `the header ${this.#names.length}; correct the file`,
          );
        }
        for (let i = 0; i < cells.length; i++) this.#builders[i]!.addText(cells[i]!, this.rowCount);
        this.rowCount++;
      }
    }
  }

  /** The rows so far; what comes next is another table. */
  *take(options: TableOptions): Generator<number, Table> {
    if (this.#names === undefined) refuse(`${this.path} is empty: expected a header line and rows`);
    const table = yield* tableFromBuilders(this.#builders, this.rowCount, options);
    this.#begin();
    return table;
  }

  #begin(): void {
    this.#builders = this.#names!.map((name) => new ColumnBuilder(name, true));
    this.rowCount = 0;
  }
}

function readHeader(names: readonly string[], path: string): readonly string[] {
  const seen = new Set<string>();
  return names.map((text, i) => {
    if (/\r(?!\n)/.test(text)) {
      refuse(`${path}:1: a carriage return alone ends no line; save the file with line feeds (tr '\\r' '\\n')`);
    }
    const name = text.trim();
    if (name === '') refuse(`${path}:1: column ${i + 1} has no name; the first line must name every column`);
    if (seen.has(name)) refuse(`${path}:1: two columns are called ${JSON.stringify(name)}; rename one`);
    seen.add(name);
    return name;
  });
}

async function sizeOf(path: string): Promise<number> {
  try {
    return Math.max(1, (await stat(path)).size);
  } catch (cause) {
    throw new MLOpsError('NOT_FOUND', `cannot read ${path}: there is no such file, or no permission to look`, {
      cause,
    });
  }
}

function explain(error: unknown, path: string): unknown {
  if (!isError(error)) return error;
  if (error.name === 'AbortError') {
    return new MLOpsError('ABORTED', `reading ${path} was aborted`, { cause: error });
  }
  if ('code' in error && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
    const message = `${path} is not UTF-8 text: save it as UTF-8, or convert it (iconv -f LATIN1 -t UTF-8)`;
    return new MLOpsError('INVALID_INPUT', message, { cause: error });
  }
  if ('syscall' in error)
    return new MLOpsError('INVALID_INPUT', `cannot read ${path}: ${error.message}`, { cause: error });
  return error;
}
