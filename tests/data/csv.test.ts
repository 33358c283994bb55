import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { csvBatches, readCsv } from '../../src/data/csv.js';
import { tableFromRows } from '../../src/data/table.js';

const panel = 'examples/data/bonds-monthly-2010-2012.csv';
const folder = mkdtempSync(join(tmpdir(), 'csv-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function file(content: string | Uint8Array): string {
  const path = join(folder, `${files++}.csv`);
  writeFileSync(path, content);
  return path;
}

describe('readCsv', () => {
  it('reads the bond panel with the right kinds and gaps', async () => {
    const table = await readCsv(panel);
    expect(table.rowCount).toBe(8322);
    expect(table.notes).toEqual([]);
    expect(Object.fromEntries(Array.from(table.columns, ([name, { kind }]) => [name, kind]))).toEqual({
      date: 'date',
      security_id: 'categorical',
      security_type: 'categorical',
      term: 'categorical',
      coupon_rate: 'numeric',
      issue_date: 'date',
      maturity_date: 'date',
      maturity_years: 'numeric',
      age_years: 'numeric',
      n_reopenings: 'numeric',
      issue_size_bn: 'numeric',
      clean_price: 'numeric',
      bid_ask_px: 'numeric',
      ytm: 'numeric',
      modified_duration: 'numeric',
      benchmark_yield: 'numeric',
      spread_bps: 'numeric',
    });
    // cut -d, -f11 and -f13, grep -c '^$'
    expect(table.column('issue_size_bn').missingCount).toBe(3351);
    expect(table.column('bid_ask_px').missingCount).toBe(446);
    const rows = Array.from({ length: table.rowCount }, (_, i) => table.row(i));
    expect(tableFromRows(rows).digest()).toBe(table.digest());
  });

  it('reads characters of several bytes wherever a piece of the file ends', async () => {
    const names = Array.from({ length: 30_000 }, (_, i) => `${'x'.repeat(i % 5)}Zürich 日本 😀`);
    const column = (await readCsv(file(`\uFEFFname,x\n${names.map((name) => `${name},1\n`).join('')}`))).column('name');
    expect(column).toMatchObject({ kind: 'categorical', categories: [...new Set(names)] });
  });

  it.each([
    ['Latin-1', Buffer.from('name\nZürich\nZörich\n', 'latin1')],
    ['UTF-16', Buffer.from('\uFEFFname\nZürich\n', 'utf16le')],
    ['a character that is cut off', Buffer.from('name\nZürich').subarray(0, 7)],
  ])('refuses %s instead of taking different texts for one', async (_what, bytes) => {
    const path = file(bytes);
    await expect(readCsv(path)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: `${path} is not UTF-8 text: save it as UTF-8, or convert it (iconv -f LATIN1 -t UTF-8)`,
    });
  });

  it('understands quotes, CRLF, a byte order mark and blank lines', async () => {
    const table = await readCsv(file('\uFEFFname,x\r\n"a, ""b""\nc",1\r\n\r\nd,\r\n'));
    expect(table.rowCount).toBe(2);
    expect(table.row(0)).toEqual({ name: 'a, "b"\nc', x: 1 });
    expect(table.row(1)).toEqual({ name: 'd', x: null });
  });

  it('reads the usual spellings of nothing as missing', async () => {
    const table = await readCsv(file('x,y\nNaN,a\nnan,b\nNA,c\nN/A,d\nnull,e\n,f\n7,g\n'));
    expect(table.column('x')).toMatchObject({ kind: 'numeric', missingCount: 6 });
  });

  it('does not mention that numbers in a file are text', async () => {
    expect((await readCsv(file('x\n4.250\n'))).notes).toEqual([]);
  });

  it('takes another delimiter and forced kinds', async () => {
    const table = await readCsv(file('id;x\n007;1\n'), { delimiter: ';', types: { id: 'categorical' } });
    expect(table.row(0)).toEqual({ id: '007', x: 1 });
  });

  it('has no rows when there is a header only', async () => {
    expect(await readCsv(file('a,b\n'))).toMatchObject({ rowCount: 0, notes: [] });
  });

  it.each([
    ['', 'is empty'],
    ['a,b\n1,2\n3\n', 'line 3'],
    ['a,b\n1,2\n3,4,5\n', 'line 3'],
    ['a,b,a\n1,2,3\n', 'two columns are called "a"'],
    ['a,b\r1,2\r3,4\r', ':1: a carriage return alone ends no line'],
    ['a,,c\n1,2,3\n', 'column 2 has no name'],
    ['a,b\n"1,2\n', 'Quote'],
    ['a,b\n"1"2,2\n', ':2: a quote may only stand around a whole cell'],
    ['a,b\n"x\ny",1\n1,2"\n', ':4: a quote may only stand around a whole cell'],
  ])('refuses %j', async (content, message) => {
    await expect(readCsv(file(content))).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(message) as string,
    });
  });

  it('says when there is no such file, or it is a folder', async () => {
    await expect(readCsv(join(folder, 'none.csv'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(readCsv(folder)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('stops when aborted', async () => {
    const controller = new AbortController();
    const reading = readCsv(panel, { signal: controller.signal });
    controller.abort();
    await expect(reading).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(readCsv(panel, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('reports progress up to the end', async () => {
    const seen: number[] = [];
    const path = file(`x\n${'1\n'.repeat(100_000)}`);
    await readCsv(path, { onProgress: (fraction) => seen.push(fraction) });
    expect(seen.length).toBeGreaterThan(3);
    expect(seen.at(-1)).toBe(1);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it('does not swallow an error of the caller', async () => {
    const path = file(`x\n${'1\n'.repeat(10_001)}`);
    const failing = (): never => {
      throw new Error('mine');
    };
    await expect(readCsv(path, { onProgress: failing })).rejects.toThrow('mine');
  });
});

describe('csvBatches', () => {
  it('gives the rows of the file, all of them once and in order', async () => {
    let whole;
    let parts = 0;
    for await (const batch of csvBatches(panel, 1000)) {
      whole = whole === undefined ? batch : whole.concat(batch);
      parts++;
    }
    expect(parts).toBeGreaterThan(3);
    expect(whole?.digest()).toBe((await readCsv(panel)).digest());
  });

  it('gives one empty table for a file with a header only', async () => {
    const batches = [];
    for await (const batch of csvBatches(file('a,b\n'), 10)) batches.push(batch);
    expect(batches).toMatchObject([{ rowCount: 0 }]);
  });
});
