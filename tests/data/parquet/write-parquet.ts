/** Writes Parquet files byte by byte, so that what they say of themselves can be anything. */

/** A value of Thrift's compact protocol. */
export type Thrift =
  | { readonly i32: number | bigint }
  | { readonly i64: number | bigint }
  | { readonly text: string | Uint8Array }
  | { readonly bool: boolean }
  | { readonly list: readonly Thrift[]; readonly size?: number }
  | { readonly struct: Readonly<Record<number, Thrift>> }
  | { readonly raw: Uint8Array; readonly type: number };

export const i32 = (value: number | bigint): Thrift => ({ i32: value });
export const i64 = (value: number | bigint): Thrift => ({ i64: value });
export const text = (value: string): Thrift => ({ text: value });
export const list = (...members: Thrift[]): Thrift => ({ list: members });
export const struct = (fields: Readonly<Record<number, Thrift>>): Thrift => ({ struct: fields });

export function varint(value: number | bigint): number[] {
  const bytes: number[] = [];
  for (let rest = BigInt(value); ; rest >>= 7n) {
    if (rest < 128n) return [...bytes, Number(rest)];
    bytes.push(Number(rest & 127n) | 128);
  }
}

export const zigzag = (value: number | bigint): number[] => {
  const big = BigInt(value);
  return varint(big < 0n ? -big * 2n - 1n : big * 2n);
};

function typeOf(value: Thrift): number {
  if ('i32' in value) return 5;
  if ('i64' in value) return 6;
  if ('text' in value) return 8;
  if ('bool' in value) return value.bool ? 1 : 2;
  if ('list' in value) return 9;
  return 'raw' in value ? value.type : 12;
}

export function encode(value: Thrift): number[] {
  if ('i32' in value) return zigzag(value.i32);
  if ('i64' in value) return zigzag(value.i64);
  if ('bool' in value) return [];
  if ('raw' in value) return [...value.raw];
  if ('text' in value) {
    const bytes = Buffer.from(value.text as string);
    return [...varint(bytes.length), ...bytes];
  }
  if ('list' in value) {
    const head = typeOf(value.list[0] ?? { i32: 0 });
    return [0xf0 | head, ...varint(value.size ?? value.list.length), ...value.list.flatMap(encode)];
  }
  let last = 0;
  const fields = Object.entries(value.struct).flatMap(([id, member]) => {
    const step = Number(id) - last;
    last = Number(id);
    return [(step << 4) | typeOf(member), ...encode(member)];
  });
  return [...fields, 0];
}

const types = { BOOLEAN: 0, INT32: 1, INT64: 2, INT96: 3, FLOAT: 4, DOUBLE: 5, BYTE_ARRAY: 6, FIXED: 7 } as const;
const codecs = { none: 0, snappy: 1, gzip: 2, zstd: 6 } as const;
export const encodings = {
  plain: 0,
  rle: 3,
  deltas: 5,
  deltaLengths: 6,
  deltaTexts: 7,
  dictionary: 8,
  streams: 9,
} as const;

export interface Page {
  readonly kind?: 'data' | 'dictionary' | 'data2';
  readonly body: Uint8Array | readonly number[];
  readonly values: number;
  readonly encoding?: keyof typeof encodings;
  /** Bytes that come out of it; as many as there are unless told. */
  readonly size?: number;
  /** Other fields of the header, in place of what belongs there. */
  readonly header?: Readonly<Record<number, Thrift>>;
  /** Of the second kind of data page. */
  readonly nulls?: number;
  readonly levels?: readonly number[];
}

function encodePage({ kind = 'data', body, values, encoding = 'plain', size, header, nulls = 0, levels = [] }: Page) {
  const bytes = [...levels, ...body];
  const code = i32(encodings[encoding]);
  const about: Record<number, Thrift> =
    kind === 'data'
      ? { 5: struct({ 1: i32(values), 2: code, 3: i32(3), 4: i32(3) }) }
      : kind === 'dictionary'
        ? { 7: struct({ 1: i32(values), 2: code }) }
        : { 8: struct({ 1: i32(values), 2: i32(nulls), 3: i32(values), 4: code, 5: i32(levels.length), 6: i32(0) }) };
  const type = { data: 0, dictionary: 2, data2: 3 }[kind];
  return [
    ...encode(struct({ 1: i32(type), 2: i32(size ?? bytes.length), 3: i32(bytes.length), ...about, ...header })),
    ...bytes,
  ];
}

export interface Column {
  readonly name?: string;
  readonly type?: keyof typeof types;
  readonly isOptional?: boolean;
  readonly codec?: keyof typeof codecs;
  readonly pages: readonly Page[];
  /** Other fields of the schema's element, and of the metadata of the column. */
  readonly element?: Readonly<Record<number, Thrift>>;
  readonly meta?: Readonly<Record<number, Thrift>>;
}

/** A file of one row group. */
export function parquetFile(
  rows: number,
  columns: readonly Column[],
  other: { readonly group?: Readonly<Record<number, Thrift>>; readonly file?: Readonly<Record<number, Thrift>> } = {},
): Buffer {
  const bytes: number[] = [...Buffer.from('PAR1')];
  const chunks = columns.map(({ name = 'x', type = 'INT32', codec = 'none', pages, meta }) => {
    const start = bytes.length;
    const written = pages.map(encodePage);
    for (const page of written) for (const byte of page) bytes.push(byte);
    const hasDictionary = pages[0]?.kind === 'dictionary';
    return struct({
      2: i64(0),
      3: struct({
        ...{ 1: i32(types[type]), 2: list(i32(0)), 3: list(text(name)), 4: i32(codecs[codec]), 5: i64(rows) },
        ...{ 6: i64(bytes.length - start), 7: i64(bytes.length - start) },
        9: i64(start + (hasDictionary ? written[0]!.length : 0)),
        ...(hasDictionary && { 11: i64(start) }),
        ...meta,
      }),
    });
  });
  const elements = columns.map(({ name = 'x', type = 'INT32', isOptional = false, element }) =>
    struct({ 1: i32(types[type]), 3: i32(isOptional ? 1 : 0), 4: text(name), ...element }),
  );
  const root = struct({ 4: text('schema'), 5: i32(columns.length) });
  const footer = encode(
    struct({
      ...{ 1: i32(1), 2: list(root, ...elements), 3: i64(rows) },
      4: list(struct({ 1: list(...chunks), 2: i64(bytes.length), 3: i64(rows), ...other.group })),
      ...other.file,
    }),
  );
  return withFooter(Buffer.from(bytes), Buffer.from(footer));
}

export function withFooter(body: Buffer, footer: Buffer, length = footer.length): Buffer {
  const end = Buffer.alloc(8, 'PAR1');
  end.writeUInt32LE(length, 0);
  end.write('PAR1', 4);
  return Buffer.concat([body, footer, end]);
}

/** Snappy's form of so many bytes of one value: copies of 64 bytes. */
export function snappyRun(byte: number, length: number): number[] {
  const bytes = [...varint(length), 0, byte];
  for (let left = length - 1; left > 0; left -= 64) bytes.push(((Math.min(64, left) - 1) << 2) | 2, 1, 0);
  return bytes;
}

/** A run that repeats a value. */
export const run = (count: number | bigint, ...value: number[]): number[] => [...varint(BigInt(count) * 2n), ...value];

export const u32 = (value: number): number[] => [...Buffer.from(new Uint32Array([value]).buffer)];
