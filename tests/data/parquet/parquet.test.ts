import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { readTable } from '../../../src/data/read-table.js';
import { parquetBatches } from '../../../src/data/parquet/parquet.js';
import { i32, parquetFile, struct, u32 } from './write-parquet.js';

/** Written by pyarrow: see tests/data/parquet/generate.py. */
const fixture = (name: string): string => `tests/data/parquet/${name}.parquet`;
const folder = mkdtempSync(join(tmpdir(), 'parquet-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a Parquet file', () => {
  it('is read with every kind of column and its gaps', async () => {
    const table = await readTable(fixture('two-groups'));
    expect(table.row(0)).toEqual({
      float: 1.5,
      int: 1,
      long: 1,
      text: 'NOTE',
      category: 'u',
      number_text: 4.25,
      flag: 'true',
      day: '2012-01-31T00:00:00.000Z',
      time: '2012-01-31T12:30:00.000Z',
      price: 101.25,
      empty: null,
    });
    expect(table.row(2)).toMatchObject({ float: -2.25, int: null, long: 3, text: null, flag: null, price: -0.5 });
    expect(table.row(3)).toMatchObject({
      day: '1969-12-31T00:00:00.000Z',
      time: '2013-01-01T00:00:00.000Z',
      long: null,
    });
    expect(table.notes.join('; ')).toContain('column "list" holds nested, repeated or binary values: left out');
    expect(table.notes.join('; ')).toContain('column "number_text" holds numbers stored as text');
  });

  it('gives decimals as the numbers that texts of the same digits give', async () => {
    const table = await readTable(fixture('decimals'));
    const texts = ['0.3', '-0.07', '1.1', '4.015', '16194172451.293', '999999999999999.999', null];
    for (const name of ['short', 'wide'])
      expect(texts.map((_, row) => table.row(row)[name])).toEqual(texts.map((text) => text && Number(text)));
  });

  it('knows days and decimals that are named in the newer way alone', async () => {
    const page = { body: [...u32(30), ...u32(15_370)], values: 2 };
    const newer = (id: number, fields = {}) => ({ 10: struct({ [id]: struct(fields) }) });
    const path = join(folder, 'newer.parquet');
    writeFileSync(
      path,
      parquetFile(2, [
        { name: 'day', pages: [page], element: newer(6) },
        { name: 'price', pages: [page], element: newer(5, { 1: i32(2), 2: i32(9) }) },
      ]),
    );
    expect((await readTable(path)).row(1)).toEqual({ day: '2012-01-31T00:00:00.000Z', price: 153.7 });
  });

  it('is read without its binary columns, which are no reason to refuse the others', async () => {
    const page = { body: [1, 2, 3, 4, 5, 6, 7, 8], values: 2 };
    const json = { body: [...u32(2), ...Buffer.from('{}'), ...u32(2), ...Buffer.from('[]')], values: 2 };
    const path = join(folder, 'binary.parquet');
    writeFileSync(
      path,
      parquetFile(2, [
        { name: 'key', type: 'FIXED', pages: [page], element: { 2: i32(4) } },
        { name: 'details', type: 'BYTE_ARRAY', pages: [json], element: { 6: i32(19) } },
        { name: 'x', pages: [page] },
      ]),
    );
    const table = await readTable(path);
    expect([...table.columns.keys()]).toEqual(['x']);
    for (const name of ['key', 'details'])
      expect(table.notes).toContain(`column "${name}" holds nested, repeated or binary values: left out`);
  });

  it('never gives two values as one: bytes that are no text are left out, text that is not UTF-8 is refused', async () => {
    const page = { body: [...u32(2), 0xff, 0xfe, ...u32(2), 0xfd, 0xfc], values: 2 };
    const written = (element: Record<number, ReturnType<typeof i32>>): string => {
      const path = join(folder, `bytes-${Object.keys(element).length}.parquet`);
      const x = { name: 'x', pages: [{ body: [...u32(1), ...u32(2)], values: 2 }] };
      writeFileSync(path, parquetFile(2, [{ name: 'id', type: 'BYTE_ARRAY', pages: [page], element }, x]));
      return path;
    };
    const table = await readTable(written({}));
    expect([...table.columns.keys()]).toEqual(['x']);
    expect(table.notes).toContain('column "id" holds nested, repeated or binary values: left out');
    await expect(readTable(written({ 6: i32(0) }))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('text of column "id" is not UTF-8') as string,
    });
  });

  it('comes in row groups, with progress', async () => {
    const seen: number[] = [];
    const rows = [];
    for await (const batch of parquetBatches(fixture('two-groups'), { onProgress: (share) => seen.push(share) }))
      rows.push(batch.rowCount);
    expect(rows).toEqual([2, 2]);
    expect(seen.at(-1)).toBe(1);
  });

  it('may have no rows', async () => {
    const table = await readTable(fixture('no-rows'));
    expect(table.rowCount).toBe(0);
    expect(table.columns.has('float')).toBe(true);
    expect(table.notes).toContain('column "list" holds nested, repeated or binary values: left out');
    await expect(readTable(fixture('no-rows'), { types: { misspelled: 'numeric' } })).rejects.toThrow('misspelled');
  });

  it('is refused with a reason when it cannot be read', async () => {
    const bad = join(folder, 'bad.parquet');
    writeFileSync(bad, 'PAR1 and nothing more');
    await expect(readTable(bad)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(readTable(join(folder, 'none.parquet'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(readTable(fixture('brotli'))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringMatching(/brotli/i) as string,
    });
    const signal = AbortSignal.abort();
    await expect(readTable(fixture('two-groups'), { signal })).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('asks for the package that reads it when that is not installed', async () => {
    vi.doMock('hyparquet', () => {
      throw new Error('Cannot find package');
    });
    await expect(readTable(fixture('two-groups'))).rejects.toMatchObject({
      code: 'MISSING_DEPENDENCY',
      message: expect.stringContaining('npm install hyparquet') as string,
    });
    vi.doUnmock('hyparquet');
  });
});
