import { stat } from 'node:fs/promises';
import type { DecodedArray } from 'hyparquet';
import { MLOpsError } from '../errors.js';
import { type Watch, checkNotAborted, inSteps } from '../util/in-steps.js';
import { Table, type TableOptions, tableSteps } from './table.js';

export interface ReadParquetOptions extends TableOptions, Watch {}

/**
 * A Parquet file in tables of one row group each. Needs the package `hyparquet`, which reads uncompressed and Snappy
 * files; nested and repeated columns are left out, with a note.
 *
 * @throws MLOpsError `MISSING_DEPENDENCY` without the package, `NOT_FOUND`, `ABORTED`, or `INVALID_INPUT` for a file that
 *   is not Parquet, is damaged, or is compressed otherwise
 */
export async function* parquetBatches(path: string, options: ReadParquetOptions = {}): AsyncGenerator<Table> {
  const parquet = await loadHyparquet();
  await checkExists(path);
  const scan = await explained(path, async () =>
    parquet.parquetScan({ file: await parquet.asyncBufferFromFile(path) }),
  );
  const fields = parquet.parquetSchema(scan.metadata).children;
  const isFlat = (field: (typeof fields)[number]): boolean =>
    field.children.length === 0 && field.element.repetition_type !== 'REPEATED';
  const names = fields.filter(isFlat).map((field) => field.element.name);
  const notes = fields
    .filter((field) => !isFlat(field))
    .map((field) => `column ${JSON.stringify(field.element.name)} holds nested or repeated values: left out`);
  let rowStart = 0;
  for (const { num_rows: groupRows } of scan.metadata.row_groups) {
    checkNotAborted(options.signal);
    const rowEnd = rowStart + Number(groupRows);
    const columns: Record<string, DecodedArray> = {};
    for (const name of names) {
      columns[name] = await explained(path, () => scan.readColumn({ column: name, rowStart, rowEnd }));
      checkNotAborted(options.signal);
    }
    const table = await inSteps(tableSteps(columns, options), { signal: options.signal });
    yield new Table([...table.columns.values()], Number(groupRows), [...table.notes, ...notes]);
    rowStart = rowEnd;
    options.onProgress?.(rowEnd / Number(scan.metadata.num_rows));
  }
  if (rowStart === 0) yield await inSteps(tableSteps(Object.fromEntries(names.map((name) => [name, []]))));
}

async function loadHyparquet(): Promise<typeof import('hyparquet')> {
  try {
    return await import('hyparquet');
  } catch (cause) {
    throw new MLOpsError('MISSING_DEPENDENCY', 'reading Parquet needs the package hyparquet: npm install hyparquet', {
      cause,
    });
  }
}

async function checkExists(path: string): Promise<void> {
  try {
    await stat(path);
  } catch (cause) {
    const message = `cannot read ${path}: there is no such file, or no permission to look`;
    throw new MLOpsError('NOT_FOUND', message, { cause });
  }
}

async function explained<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MLOpsError('INVALID_INPUT', `cannot read ${path} as Parquet: ${reason}`, { cause });
  }
}
