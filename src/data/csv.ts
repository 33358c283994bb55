import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { MLOpsError } from '../errors.js';
import { columnFromCells } from './infer-column.js';
import { Table } from './table.js';

export interface ReadCsvOptions {
  readonly signal?: AbortSignal;
  /** Called with the share of bytes read, from 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}

/**
 * Reads a CSV file (RFC 4180, UTF-8, with a header) into a table; types are inferred a column.
 *
 * @throws MLOpsError `NOT_FOUND` without a file; `INVALID_INPUT` for an empty file, a repeated column name, or a row
 *   with another number of cells than the header, with its line; `ABORTED`
 */
export async function readCsv(path: string, options: ReadCsvOptions = {}): Promise<Table> {
  const size = await fileSize(path);
  const { parse } = await import('csv-parse');
  const parser = parse({ bom: true, skip_empty_lines: true, relax_column_count: false });
  const source = createReadStream(path);
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  const names: string[] = [];
  const columns: string[][] = [];
  let rows = 0;
  try {
    for await (const record of parser as AsyncIterable<string[]>) {
      if (rows++ === 0) {
        names.push(...checkHeader(record, path));
        columns.push(...names.map(() => []));
        continue;
      }
      for (let i = 0; i < columns.length; i++) columns[i]!.push(record[i]!);
      if (rows % 4096 === 0) {
        if (options.signal?.aborted === true) throw new MLOpsError('ABORTED', `reading ${path} was cancelled`);
        options.onProgress?.(source.bytesRead / size);
      }
    }
  } catch (error) {
    if (error instanceof MLOpsError) throw error;
    throw new MLOpsError('INVALID_INPUT', `${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  } finally {
    source.destroy();
  }
  if (rows === 0) throw new MLOpsError('INVALID_INPUT', `${path} is empty; expected a header line with column names`);
  const notes: string[] = [];
  const inferred = names.map((name, i) => columnFromCells(name, rows - 1, (row) => columns[i]![row], notes));
  // In a file every number is text; that is not worth a remark.
  return new Table(
    inferred,
    notes.filter((note) => !note.includes('numbers as text;')),
  );
}

async function fileSize(path: string): Promise<number> {
  try {
    const found = await stat(path);
    if (found.isFile()) return found.size;
  } catch (cause) {
    throw new MLOpsError('NOT_FOUND', `there is no file at ${path}`, { cause });
  }
  throw new MLOpsError('INVALID_INPUT', `${path} is not a file`);
}

function checkHeader(record: readonly string[], path: string): readonly string[] {
  const names = record.map((name) => name.trim());
  names.forEach((name, i) => {
    if (name === '') throw new MLOpsError('INVALID_INPUT', `${path}: column ${i + 1} has no name in the header`);
    if (name === '__proto__') throw new MLOpsError('INVALID_INPUT', `${path}: a column must not be called __proto__`);
    if (names.indexOf(name) !== i)
      throw new MLOpsError('INVALID_INPUT', `${path}: two columns are called ${name}; rename one`);
  });
  return names;
}
