import { MLOpsError } from '../errors.js';
import { type Column, categoricalColumn, numberColumn } from './column.js';
import { Table } from './table.js';

/** First bytes of an encoded table: a name and the version of the layout. */
const magic = 'BXTABLE1';
/** Before the columns: the magic and the length of the description that follows. */
const prologueBytes = magic.length + 4;

interface Description {
  readonly label: string;
  readonly rowCount: number;
  readonly columns: readonly { readonly name: string; readonly kind: Column['kind']; readonly categories?: string[] }[];
}

/**
 * A table as bytes, exactly: `BXTABLE1`, the length of a JSON description (32 bits), the description (names, kinds,
 * categories), then each column's values as doubles or its codes as 32-bit integers, everything little-endian.
 *
 * @param label kept with the bytes; two encodings of one table differ when their labels do
 */
export function encodeTable(table: Table, label = ''): Uint8Array {
  const columns = [...table.columns.values()];
  const description: Description = {
    label,
    rowCount: table.rowCount,
    columns: columns.map((column) => ({
      name: column.name,
      kind: column.kind,
      ...(column.kind === 'categorical' && { categories: [...column.categories] }),
    })),
  };
  const json = Buffer.from(JSON.stringify(description), 'utf8');
  const prologue = Buffer.alloc(prologueBytes);
  prologue.write(magic, 'latin1');
  prologue.writeUInt32LE(json.length, magic.length);
  const parts = columns.map((column) => {
    const cells = column.kind === 'categorical' ? column.codes : column.values;
    return new Uint8Array(cells.buffer, cells.byteOffset, cells.byteLength);
  });
  return Buffer.concat([prologue, json, ...parts]);
}

/** @throws MLOpsError `CORRUPT` for bytes that {@link encodeTable} did not write */
export function decodeTable(bytes: Uint8Array): Table {
  const buffer = Buffer.from(bytes); // a copy, so that no caller can change the table's columns
  if (buffer.length < prologueBytes || buffer.toString('latin1', 0, magic.length) !== magic) {
    throw corrupt(`it does not begin with ${magic}`);
  }
  const end = prologueBytes + buffer.readUInt32LE(magic.length);
  const { rowCount, columns } = readDescription(buffer.subarray(prologueBytes, end));
  let at = end;
  const take = (size: number): ArrayBuffer => {
    const length = rowCount * size;
    if (at + length > buffer.length) throw corrupt('it ends early');
    const copy = new Uint8Array(buffer.subarray(at, (at += length)));
    return copy.buffer;
  };
  const decoded = columns.map(({ name, kind, categories }): Column => {
    if (kind !== 'categorical') return numberColumn(kind, name, new Float64Array(take(8)));
    const codes = new Int32Array(take(4));
    const known = categories ?? [];
    if (codes.some((code) => code < -1 || code >= known.length)) throw corrupt(`column ${name} has unknown categories`);
    return categoricalColumn(name, codes, known);
  });
  if (at !== buffer.length) throw corrupt('bytes are left over');
  return new Table(decoded, rowCount);
}

function readDescription(json: Uint8Array): Description {
  try {
    const description = JSON.parse(Buffer.from(json).toString('utf8')) as Description;
    const isWhole = Number.isSafeInteger(description.rowCount) && description.rowCount >= 0;
    if (isWhole && Array.isArray(description.columns)) return description;
  } catch (cause) {
    throw corrupt('its description is not JSON', cause);
  }
  throw corrupt('its description lacks rows or columns');
}

const corrupt = (problem: string, cause?: unknown): MLOpsError =>
  new MLOpsError('CORRUPT', `the stored table cannot be read: ${problem}`, { cause });
