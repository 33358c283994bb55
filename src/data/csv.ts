import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { MLOpsError } from '../errors.js';
import { refuse } from '../util/check.js';
import { ColumnBuilder } from './column-builder.js';
import { type Table, type TableOptions, tableFromBuilders } from './table.js';

export interface ReadCsvOptions extends TableOptions {
  /** One character between cells; a comma unless told. */
  readonly delimiter?: string;
  readonly signal?: AbortSignal;
  /** Called with the share of the file read, from 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}

/**
 * Reads a CSV file (RFC 4180, UTF-8, a header line; a byte order mark, CRLF and blank lines are fine) in one pass, with
 * memory for the resulting columns only. Kinds are inferred as for {@link Table}.
 *
 * @throws MLOpsError `NOT_FOUND` when there is no such file, `ABORTED`, or `INVALID_INPUT` with the line for an empty
 *   file, column names that are empty or repeat, and rows that are longer or shorter than the header
 */
export async function readCsv(path: string, options: ReadCsvOptions = {}): Promise<Table> {
  const size = await sizeOf(path);
  let builders: ColumnBuilder[] | undefined;
  let rowCount = 0;
  const source = createReadStream(path, { highWaterMark: 1 << 18 });
  const parser = parse({ bom: true, delimiter: options.delimiter ?? ',', skip_empty_lines: true });
  const addRecord = (record: readonly string[]): void => {
    if (builders === undefined) {
      builders = readHeader(record, path);
      return;
    }
    for (let i = 0; i < record.length; i++) builders[i]!.addText(record[i]!, rowCount);
    rowCount++;
  };
  source.on('error', (error) => parser.destroy(error)).pipe(parser);
  if (options.signal !== undefined) addAbortSignal(options.signal, parser);
  try {
    for await (const record of parser) {
      addRecord(record as string[]);
      if (rowCount % 10_000 === 9_999) options.onProgress?.(source.bytesRead / size);
    }
  } catch (error) {
    throw explain(error, path);
  } finally {
    source.destroy();
  }
  if (builders === undefined) refuse(`${path} is empty: expected a header line and rows`);
  options.onProgress?.(1);
  return tableFromBuilders(builders, rowCount, options);
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

function readHeader(names: readonly string[], path: string): ColumnBuilder[] {
  const seen = new Set<string>();
  return names.map((text, i) => {
    const name = text.trim();
    if (name === '') refuse(`${path}:1: column ${i + 1} has no name; the first line must name every column`);
    if (seen.has(name)) refuse(`${path}:1: two columns are called ${JSON.stringify(name)}; rename one`);
    seen.add(name);
    return new ColumnBuilder(name, true);
  });
}

function explain(error: unknown, path: string): unknown {
  if (error instanceof CsvError) {
    return new MLOpsError('INVALID_INPUT', `${path}: ${error.message}; correct the file`, { cause: error });
  }
  if (!(error instanceof Error)) return error;
  if (error.name === 'AbortError') {
    return new MLOpsError('ABORTED', `reading ${path} was aborted`, { cause: error });
  }
  if ('syscall' in error)
    return new MLOpsError('INVALID_INPUT', `cannot read ${path}: ${error.message}`, { cause: error });
  return error;
}
