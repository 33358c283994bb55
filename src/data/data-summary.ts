import { digestBytes, type Digest } from '../util/digest.js';
import { inSteps, type Watch } from '../util/in-steps.js';
import { ColumnSummary } from './column-summary.js';
import { type DataSource, readBatches } from './read-table.js';
import type { Table } from './table.js';

/** Rows of a file held at a time. */
const batchRows = 4096;

/** Counts of every column of a data set, and what identifies them. */
export interface DataSummary {
  readonly columns: ReadonlyMap<string, ColumnSummary>;
  readonly rowCount: number;
  /** Of the counts. */
  readonly digest: Digest;
}

/**
 * Summarizes data in one pass, a few thousand rows at a time, so that data of any size can be checked.
 *
 * @param change what is done to each part before it is counted
 */
export async function summarizeData(
  source: DataSource,
  watch: Watch,
  change: (table: Table) => Promise<Table> = (table) => Promise.resolve(table),
): Promise<DataSummary> {
  const columns = new Map<string, ColumnSummary>();
  let rowCount = 0;
  for await (const batch of readBatches(source, batchRows, { ...watch, unreadable: 'missing' })) {
    await inSteps(addTable(columns, await change(batch)), { signal: watch.signal });
    rowCount += batch.rowCount;
  }
  return dataSummary(columns, rowCount);
}

function* addTable(columns: Map<string, ColumnSummary>, table: Table): Generator<number, void> {
  for (const column of table.columns.values()) {
    let summary = columns.get(column.name);
    if (summary === undefined) columns.set(column.name, (summary = new ColumnSummary()));
    yield* summary.addSteps(column);
  }
}

/** A summary from its columns; they are not to be changed afterwards. */
export function dataSummary(columns: ReadonlyMap<string, ColumnSummary>, rowCount: number): DataSummary {
  const described = [...columns]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, column]) => [name, column.describe()]);
  return { columns, rowCount, digest: digestBytes(JSON.stringify([rowCount, described])) };
}
