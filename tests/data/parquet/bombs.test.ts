import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readTable } from '../../../src/data/read-table.js';
import { failure } from '../../helpers.js';
import {
  type Column,
  encode,
  i32,
  i64,
  list,
  parquetFile,
  run,
  snappyRun,
  struct,
  text,
  u32,
  varint,
  withFooter,
  zigzag,
} from './write-parquet.js';

const folder = mkdtempSync(join(tmpdir(), 'parquet-bombs-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function write(bytes: Buffer): string {
  const path = join(folder, `${files++}.parquet`);
  writeFileSync(path, bytes);
  return path;
}

const billion = 1_000_000_000;
const values = (...all: number[]): number[] => all.flatMap(u32);
const one = (column: Partial<Column> & Pick<Column, 'pages'>, rows = 4, other = {}): Buffer =>
  parquetFile(rows, [column], other);
const dictionary = { kind: 'dictionary', body: u32(7), values: 1 } as const;
/** Blocks of 128 differences in 4 parts, all of them nothing: a handful of bytes for 128 values. */
const noDeltas = (first: number, count: number): number[] => [
  ...[...varint(128), ...varint(4), ...varint(count), ...zigzag(first)],
  ...Array.from({ length: Math.ceil((count - 1) / 128) }, () => [0, 0, 0, 0, 0]).flat(),
];

describe('a file written byte by byte', () => {
  it('is read in every way that its pages can be encoded', async () => {
    const rows: [Buffer, unknown[]][] = [
      [one({ pages: [{ body: values(1, 2, 3, 4), values: 4 }] }), [1, 2, 3, 4]],
      [
        one({ isOptional: true, pages: [{ body: [...u32(2), ...run(4, 1), ...values(1, 2, 3, 4)], values: 4 }] }),
        [1, 2, 3, 4],
      ],
      [
        one({ isOptional: true, pages: [{ body: [...u32(2), 3, 0b0101, ...values(1, 2)], values: 4 }] }),
        [1, null, 2, null],
      ],
      [one({ pages: [dictionary, { body: [1, ...run(4, 0)], values: 4, encoding: 'dictionary' }] }), [7, 7, 7, 7]],
      [one({ pages: [{ body: noDeltas(5, 4), values: 4, encoding: 'deltas' }] }), [5, 5, 5, 5]],
      [one({ codec: 'snappy', pages: [{ body: snappyRun(0, 16), values: 4, size: 16 }] }), [0, 0, 0, 0]],
      [
        one({
          isOptional: true,
          pages: [{ kind: 'data2', body: values(1, 2), levels: [3, 0b0101], values: 4, nulls: 2 }],
        }),
        [1, null, 2, null],
      ],
      [
        one({ type: 'BYTE_ARRAY', pages: [{ body: [...u32(1), 97, ...u32(1), 98, ...u32(0), ...u32(0)], values: 4 }] }),
        ['a', 'b', null, null], // a table has no empty texts
      ],
      [
        one({
          type: 'BYTE_ARRAY',
          pages: [{ body: [...noDeltas(0, 4), ...noDeltas(1, 4), 97, 98, 99, 100], values: 4, encoding: 'deltaTexts' }],
        }),
        ['a', 'b', 'c', 'd'],
      ],
    ];
    for (const [bytes, expected] of rows) {
      const table = await readTable(write(bytes));
      expect(Array.from({ length: table.rowCount }, (_, i) => table.row(i)['x'])).toEqual(expected);
    }
  });
});

/** Small files that would take gigabytes, or for ever, and what is said of them. */
const bombs: Readonly<Record<string, readonly [Buffer, RegExp]>> = {
  'a run of levels that repeats a billion times': [
    one({ isOptional: true, pages: [{ body: [...u32(6), ...run(billion, 1), ...values(1)], values: 4 }] }),
    /repeats a value 1000000000 times where 4 are left/,
  ],
  'an entry of a dictionary that is repeated a billion times': [
    one({ pages: [dictionary, { body: [1, ...run(billion, 0)], values: 4, encoding: 'dictionary' }] }),
    /repeats a value 1000000000 times/,
  ],
  'the same, in all rows that it says it has': [
    one({ pages: [dictionary, { body: [1, ...run(billion, 0)], values: billion, encoding: 'dictionary' }] }, billion),
    /says that it has 1000000000 rows/,
  ],
  'many columns of as many rows as a group may have': [
    parquetFile(
      1 << 25,
      Array.from({ length: 8 }, (_, i) => ({
        name: `x${i}`,
        pages: [dictionary, { body: [1, ...run(1 << 25, 0)], values: 1 << 25, encoding: 'dictionary' as const }],
      })),
    ),
    /would take 2048 MiB in memory/,
  ],
  'a dictionary of no bits a value': [
    one({ pages: [dictionary, { body: [0], values: 2_000_000_000, encoding: 'dictionary' }] }),
    /more values than the 4 rows/,
  ],
  'packed values of no bits': [
    one({
      pages: [dictionary, { kind: 'data2', body: [0, ...varint(2 ** 31 - 1)], values: 4, encoding: 'dictionary' }],
    }),
    /packs 8589934584 values where 4 are left/,
  ],
  'a page of nothing, of which Snappy is said to make gigabytes': [
    one({ codec: 'snappy', pages: [{ body: snappyRun(0, 16), values: 4, size: 2_000_000_000 }] }),
    /says that 2000000000 come out of it/,
  ],
  'a page of zeros that Snappy makes more of than it says': [
    one({ codec: 'snappy', pages: [{ body: snappyRun(0, 4_000_000), values: 4, size: 16 }] }),
    /as Parquet/,
  ],
  'a page compressed with gzip': [
    one({ codec: 'gzip', pages: [{ body: [31, 139], values: 4, size: billion }] }),
    /GZIP/,
  ],
  'a page compressed with zstd': [
    one({ codec: 'zstd', pages: [{ body: [40, 181], values: 4, size: billion }] }),
    /ZSTD/,
  ],
  'a column that says it is larger': [
    one({ pages: [{ body: values(1, 2, 3, 4), values: 4 }], meta: { 6: i64(8 * 2 ** 30) } }),
    /would take 8192 MiB/,
  ],
  'a column that lies outside of the file': [
    one({ pages: [{ body: values(1, 2, 3, 4), values: 4 }], meta: { 7: i64(billion) } }),
    /of \d+ bytes/,
  ],
  'texts that all repeat a long one': [
    one(
      {
        type: 'BYTE_ARRAY',
        pages: [
          {
            body: [
              // The second text and all after it begin with the 20,000 bytes of the first.
              ...[...varint(128), ...varint(4), ...varint(30_000), ...zigzag(0), ...zigzag(0), 15, 0, 0, 0],
              ...[0x20, 0x4e, ...Buffer.alloc(58)],
              ...Array.from({ length: 234 }, () => [0, 0, 0, 0, 0]).flat(),
              ...[...varint(128), ...varint(4), ...varint(30_000), ...zigzag(20_000)],
              ...Array.from({ length: 235 }, () => [0, 0, 0, 0, 0]).flat(),
              ...Buffer.alloc(20_000, 97),
            ],
            values: 30_000,
            encoding: 'deltaTexts',
          },
        ],
      },
      30_000,
    ),
    /would take \d+ MiB in memory/,
  ],
  'differences in blocks of a billion': [
    one({ pages: [{ body: [...varint(billion), ...varint(billion / 32), 4, 0, 0], values: 4, encoding: 'deltas' }] }),
    /blocks of 1000000000 values/,
  ],
  'a difference that goes on for ever': [
    one({
      type: 'INT64',
      pages: [
        { body: [...varint(128), ...varint(4), 4, ...Buffer.alloc(50_000, 255), 0], values: 4, encoding: 'deltas' },
      ],
    }),
    /takes more than 10 bytes/,
  ],
  'a dictionary of more values than bytes': [
    one({
      pages: [
        { ...dictionary, values: billion },
        { body: [1, ...run(4, 0)], values: 4, encoding: 'dictionary' },
      ],
    }),
    /1000000000 values in 4 bytes/,
  ],
  'values of one length, of two gigabytes each': [
    one({
      type: 'FIXED',
      element: { 2: i32(2 ** 31 - 1), 10: struct({ 14: struct({}) }) },
      pages: [{ body: values(1), values: 4, encoding: 'streams' }],
    }),
    /4 values in 4 bytes/,
  ],
  'values of no length': [
    one({ type: 'FIXED', element: { 2: i32(0), 10: struct({ 14: struct({}) }) }, pages: [{ body: [], values: 4 }] }),
    /4 values in 0 bytes/,
  ],
  'a negative number of values': [
    one({ pages: [{ body: values(1), values: -4 }] }),
    /number of values of a page is -4/,
  ],
  'a negative size': [one({ pages: [{ body: values(1, 2, 3, 4), values: 4, size: -16 }] }), /size of a page is -16/],
  'a negative number of rows': [one({ pages: [], meta: { 5: i64(-4) } }, -4), /number of rows of a row group is -4/],
  'a number of rows that its groups do not have': [
    one({ pages: [{ body: values(1, 2, 3, 4), values: 4 }] }, 4, { file: { 3: i64(billion) } }),
    /says that it has 1000000000 rows, and its row groups 4/,
  ],
  'a group of more rows than values': [
    one({ pages: [{ body: values(1, 2, 3, 4), values: 4 }] }, 4, { group: { 3: i64(1_000_000) } }),
    /has 4 values in 1000000 rows/,
  ],
  'a schema nested a hundred thousand deep': [
    parquetFile(0, [], {
      file: {
        2: list(
          ...Array.from({ length: 100_000 }, () => struct({ 4: text('a'), 5: i32(1) })),
          struct({ 1: i32(1), 4: text('a') }),
        ),
      },
    }),
    /nested deeper than 64 levels/,
  ],
  'a description nested a hundred thousand deep': [
    withFooter(Buffer.from('PAR1'), Buffer.alloc(100_000, 0x1c)),
    /nested deeper than 32 levels/,
  ],
  'a schema of a billion columns': [
    parquetFile(0, [], { file: { 2: list(struct({ 4: text('a'), 5: i32(billion) })) } }),
    /more columns than there are/,
  ],
  'a schema that goes backwards': [
    parquetFile(0, [], {
      file: {
        2: list(
          struct({ 4: text('a'), 5: i32(2) }),
          struct({ 1: i32(1), 4: text('b') }),
          struct({ 4: text('c'), 5: i32(-2) }),
        ),
      },
    }),
    /number of columns below one is -2/,
  ],
  'a list of two billion members': [
    withFooter(Buffer.from('PAR1'), Buffer.from(encode(struct({ 2: { list: [struct({})], size: 2_000_000_000 } })))),
    /list has 2000000000 members/,
  ],
  'a list of truth values without bytes': [
    withFooter(Buffer.from('PAR1'), Buffer.from([0x29, 0xf1, ...varint(2_000_000_000), 0])),
    /list has 2000000000 members/,
  ],
  'a description larger than the file': [
    withFooter(Buffer.from('PAR1'), Buffer.from([0]), 4_000_000_000),
    /does not fit into/,
  ],
  'a text of negative length in its description': [
    withFooter(Buffer.from('PAR1'), Buffer.from([0x18, 0xff, 0xff, 0xff, 0xff, 0x0f, 0])),
    /says that 4294967295 bytes follow/,
  ],
  'no bytes at all': [Buffer.alloc(0), /as Parquet/],
};

describe('a bomb', () => {
  it.each(Object.entries(bombs))('that is %s is refused', async (_name, [bytes, message]) => {
    expect(bytes.length).toBeLessThan(700_000);
    const error = await failure(readTable(write(bytes)));
    expect(error).toMatchObject({ code: 'INVALID_INPUT', message: expect.stringMatching(message) as string });
    expect(error.message).toMatch(/^cannot read .* as Parquet: /);
  });

  it('takes no memory before it is refused', () => {
    const paths = [
      one({ pages: [{ body: values(1, 2, 3, 4), values: 4 }] }),
      ...Object.values(bombs).map(([bytes]) => bytes),
    ];
    const args = ['--import', 'tsx', 'tests/data/parquet/children/read.ts', ...paths.map(write)];
    const lines = execFileSync(process.execPath, args, { encoding: 'utf8' }).trim().split('\n');
    const said = lines.map((line) => JSON.parse(line) as { code: string; mib: number });
    expect(said.map(({ code }) => code)).toEqual(['4 rows', ...Object.values(bombs).map(() => 'INVALID_INPUT')]);
    expect(said.at(-1)!.mib - said[0]!.mib).toBeLessThan(150);
  }, 60_000);
});
