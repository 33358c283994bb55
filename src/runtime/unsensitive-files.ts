import { constants, gunzipSync } from 'node:zlib';
import type { MLOpsConfig } from '../config/mlops-config.js';
import { refuse } from '../util/check.js';
import type { BundleSource } from './bundle.js';
import { declaredColumns } from './protection.js';

/** Bytes at each end of a file that its columns are looked for in: CSV names them first, Parquet last. */
const endBytes = 1 << 20;

/** Bytes of a compressed file that are unpacked: some 33 MB at the most, by the best that deflate can do. */
const packedBytes = 1 << 15;

/** Lines among which the header of a CSV file is looked for: titles and comments may stand before it. */
const headerLines = 20;

/**
 * Refuses a file of cells that has a declared column: files are stored byte for byte, and cannot be replaced.
 *
 * @param isStream whether it can be read only once
 * @throws MLOpsError `INVALID_INPUT` for a file called `.csv`, `.tsv`, `.jsonl`, `.parquet` or `.arrow`, or one of these and
 *   `.gz`, with such a column
 */
export async function assertUnsensitive(
  config: MLOpsConfig,
  { path, open }: BundleSource,
  isStream = false,
): Promise<void> {
  const columns = Object.keys(declaredColumns(config) ?? {});
  const names = columns.length === 0 ? undefined : formats.find(({ ending }) => ending.test(plainName(path)))?.names;
  if (names === undefined) return;
  if (isStream) refuse(`${path} comes as a stream, which cannot be looked into for sensitive columns; pass { table }`);
  const { head, tail } = unpacked(path, await endsOf(open()));
  const found = columns.find((column) => names(column, head, tail));
  if (found === undefined) return;
  refuse(
    `${path} has ${JSON.stringify(found)}, a column of privacy.sensitive_columns, and files are stored as they are; pass { table }, whose columns are replaced, or leave the column out`,
  );
}

const plainName = (path: string): string => path.replace(/\.gz$/i, '');

interface Ends {
  readonly head: Buffer;
  readonly tail: Buffer;
}

/** Of a compressed file what its beginning holds: nobody can tell its end without all before it. */
function unpacked(path: string, ends: Ends): Ends {
  const isCompressed = plainName(path) !== path && ends.head[0] === 0x1f && ends.head[1] === 0x8b;
  if (!isCompressed) return ends;
  try {
    const head = gunzipSync(ends.head.subarray(0, packedBytes), { finishFlush: constants.Z_SYNC_FLUSH });
    return { head, tail: head };
  } catch (error) {
    refuse(`${path} cannot be unpacked to look for sensitive columns (${(error as Error).message}); pass { table }`);
  }
}

type Names = (column: string, head: Buffer, tail: Buffer) => boolean;

const formats: readonly { readonly ending: RegExp; readonly names: Names }[] = [
  {
    ending: /\.(csv|tsv|txt)$/i,
    names: (column, head) => firstLines(head).some((line) => headerCells(line).includes(column)),
  },
  // Each line has names of its own.
  {
    ending: /\.(jsonl|ndjson)$/i,
    names: (column, head, tail) => [head, tail].some((part) => hasKey(textOf(part), JSON.stringify(column))),
  },
  // Names stand behind their length: one byte in Parquet's Thrift, four in Arrow's FlatBuffers.
  { ending: /\.(parquet|pq)$/i, names: (column, _head, tail) => tail.includes(withLength(column, 1)) },
  { ending: /\.(arrow|feather|ipc)$/i, names: (column, head) => head.includes(withLength(column, 4)) },
];

/** Spreadsheets write UTF-16 as well. */
const textOf = (bytes: Buffer): string =>
  bytes.toString(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf16le' : 'utf8').replace(/^\ufeff/, '');

const firstLines = (head: Buffer): readonly string[] =>
  textOf(head)
    .split(/[\r\n]+/, headerLines)
    .map((line) => line.replace(/^[#%\s]+/, ''));

/** Writers of JSON differ in the space before the colon, and in whether they escape what is not ASCII. */
function hasKey(text: string, quoted: string): boolean {
  const escaped = quoted.replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const keys = text.replace(/"\s+:/g, '":');
  return (
    keys.includes(`${quoted}:`) || (escaped !== quoted && keys.toLowerCase().includes(`${escaped.toLowerCase()}:`))
  );
}

/** Whatever the delimiter is. */
const headerCells = (line: string): readonly string[] =>
  line.split(/[,;\t|]/).map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));

function withLength(column: string, bytes: 1 | 4): Buffer {
  const name = Buffer.from(column, 'utf8');
  const length = Buffer.alloc(bytes);
  if (bytes === 1) length.writeUInt8(name.length & 0x7f);
  else length.writeUInt32LE(name.length);
  return Buffer.concat([name.length < 128 ? length : Buffer.alloc(0), name]);
}

async function endsOf(content: Uint8Array | AsyncIterable<Uint8Array>): Promise<Ends> {
  let head: Buffer = Buffer.alloc(0);
  let tail: Buffer = Buffer.alloc(0);
  for await (const chunk of content instanceof Uint8Array ? [content] : content) {
    if (head.length < endBytes) head = Buffer.concat([head, chunk.subarray(0, endBytes - head.length)]);
    tail = Buffer.concat([tail, chunk]).subarray(-endBytes);
  }
  return { head, tail };
}
