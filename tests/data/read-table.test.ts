import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as arrow from 'apache-arrow';
import { afterAll, describe, expect, it } from 'vitest';
import { readCsv } from '../../src/data/csv.js';
import { type DataSource, readBatches, readTable } from '../../src/data/read-table.js';
import { type TableInput, toTable } from '../../src/data/table.js';

const panel = 'examples/data/bonds-monthly-2010-2012.csv';
const folder = mkdtempSync(join(tmpdir(), 'read-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function* batchesOf(...batches: TableInput[]): AsyncGenerator<TableInput> {
  for (const batch of batches) yield Promise.resolve(batch);
}

describe('readTable', () => {
  it('gives the same table for the same data in every shape', async () => {
    const expected = await readCsv(panel);
    const rows = Array.from({ length: expected.rowCount }, (_, i) => expected.row(i));
    const columns = Object.fromEntries(
      [...expected.columns.keys()].map((name) => [name, rows.map((row) => row[name])]),
    );
    const shapes: Record<string, DataSource> = {
      table: expected,
      rows,
      columns,
      csv: panel,
      arrow: new arrow.Table(
        Object.fromEntries(Object.entries(columns).map(([name, cells]) => [name, arrow.vectorFromArray(cells)])),
      ),
      batches: batchesOf(rows.slice(0, 3000), expected.slice(3000, 5000), rows.slice(5000)),
    };
    for (const [shape, data] of Object.entries(shapes)) {
      expect((await readTable(data)).digest(), shape).toBe(expected.digest());
    }
  });

  it('infers kinds over all batches together', async () => {
    const table = await readTable(
      batchesOf([{ x: 1, y: 1 }], [{ x: 'a', z: true }], { x: [2], y: Float64Array.of(2) }),
    );
    expect(table.row(0)).toEqual({ x: '1', y: 1, z: null });
    expect(table.row(2)).toEqual({ x: '2', y: 2, z: null });
    expect(table.notes.join()).toContain('column "x" mixes 2 numbers with 1 texts');
  });

  it('reads tab-separated files', async () => {
    const path = join(folder, 'data.tsv');
    writeFileSync(path, 'a\tb\n1\tx\n');
    expect((await readTable(path)).row(0)).toEqual({ a: 1, b: 'x' });
  });

  it('lets others have the event loop while it converts rows', async () => {
    const rows = Array.from({ length: 60_000 }, (_, i) => ({ a: i, b: `k${i % 9}`, c: i % 2 === 0 ? i : 'odd' }));
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const table = await readTable(rows);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
    expect(table.digest()).toBe(toTable(rows).digest());
  });

  it('stops when aborted, whatever it reads', async () => {
    const signal = AbortSignal.abort();
    const forever = async function* (): AsyncGenerator<TableInput> {
      for (;;) yield Promise.resolve([{ x: 1 }]);
    };
    for (const source of [[{ x: 1 }], { x: [1] }, panel, forever()] as DataSource[]) {
      await expect(readTable(source, { signal })).rejects.toMatchObject({ code: 'ABORTED' });
    }
  });

  it.each([
    ['data.xlsx', 'does not end in .csv'],
    [7, 'got number'],
    [null, 'got null'],
    [Promise.resolve([]), 'a promise; await it first'],
    [new Map(), 'got a Map'],
    [[[1, 2]], 'row 0 is an array'],
    [{ x: 'abc' }, 'column "x" must be an array or a typed array, got string'],
    [{ x: [1], y: [1, 2] }, 'column "y" has 2 rows, expected 1'],
    [[{ x: { y: 1 } }], 'row 0, column "x" holds a object'],
  ])('refuses %j', async (source, message) => {
    await expect(readTable(source as unknown as DataSource)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(message) as string,
    });
  });
});

describe('readBatches', () => {
  it('passes batches on one by one, and files in parts', async () => {
    const counts = async (source: DataSource): Promise<number[]> => {
      const rows = [];
      for await (const { rowCount } of readBatches(source, 3000)) rows.push(rowCount);
      return rows;
    };
    expect(await counts(batchesOf([{ x: 1 }], { x: [1, 2] }))).toEqual([1, 2]);
    expect(await counts([{ x: 1 }])).toEqual([1]);
    expect((await counts(panel)).reduce((a, b) => a + b)).toBe(8322);
    expect(await counts('tests/data/parquet/two-groups.parquet')).toEqual([2, 2]);
  });
});
