import { type Watch, inSteps } from '../util/in-steps.js';
import type { Column } from './column.js';
import { Table } from './table.js';

/** Values copied in one step. */
const stepLength = 1 << 17;

/**
 * A column whose numbers lie in shared memory, so that handing it to a worker thread copies nothing. They are copied there
 * in steps, in which others have the event loop, unless they are there already.
 *
 * @param memory where to put them; new memory unless given
 * @throws MLOpsError `ABORTED`
 */
export async function shareColumn(column: Column, { signal }: Watch = {}, memory?: SharedArrayBuffer): Promise<Column> {
  const source = column.kind === 'categorical' ? column.codes : column.values;
  if (source.buffer instanceof SharedArrayBuffer) return column;
  const shared = memory ?? new SharedArrayBuffer(source.byteLength);
  if (column.kind === 'categorical') {
    const codes = new Int32Array(shared, 0, source.length);
    await inSteps(copySteps(column.codes, codes), { signal });
    return { ...column, codes };
  }
  const values = new Float64Array(shared, 0, source.length);
  await inSteps(copySteps(column.values, values), { signal });
  return { ...column, values };
}

function* copySteps<T extends Float64Array | Int32Array>(from: T, to: T): Generator<number, void> {
  for (let start = 0; start < from.length; start += stepLength) {
    to.set(from.subarray(start, start + stepLength), start);
    yield start / from.length;
  }
}

/** The columns of a table on their way to another thread; their numbers lie in shared memory. */
export interface SharedTable {
  readonly columns: readonly Column[];
  readonly rowCount: number;
}

/** Some columns of a table, or all, in shared memory: see {@link shareColumn}. */
export async function shareTable(
  table: Table,
  watch: Watch = {},
  names: readonly string[] = [...table.columns.keys()],
): Promise<SharedTable> {
  const columns: Column[] = [];
  for (const name of names) columns.push(await shareColumn(table.column(name), watch));
  return { columns, rowCount: table.rowCount };
}

/** The table on the other side. */
export const sharedTable = ({ columns, rowCount }: SharedTable): Table => new Table(columns, rowCount);
