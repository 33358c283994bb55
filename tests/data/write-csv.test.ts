import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readTable } from '../../src/data/read-table.js';
import { toTable } from '../../src/data/table.js';
import { csvLines } from '../../src/data/write-csv.js';

const folder = mkdtempSync(join(tmpdir(), 'write-csv-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('csvLines', () => {
  it.each([
    { one: [1, null, 3] },
    { one: ['a', null, 'b,"c"\nd'], two: [null, null, 0.1] },
    { one: [null, 'x', null] },
  ])('writes what is read back, row for row: %j', async (data) => {
    const table = toTable(data);
    const file = join(folder, 'table.csv');
    writeFileSync(file, [...csvLines(table, 'programs')].join(''));
    expect((await readTable(file)).digest()).toBe(table.digest());
  });
});
