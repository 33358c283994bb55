import { refuse } from '../../util/check.js';

/** A file of an archive. */
export interface PackedFile {
  readonly path: string;
  /** In one piece, or in chunks. */
  readonly bytes: Uint8Array | readonly Uint8Array[];
}

export const chunksOf = ({ bytes }: PackedFile): readonly Uint8Array[] =>
  bytes instanceof Uint8Array ? [bytes] : bytes;

const block = 512;

/**
 * Files as a USTAR archive (POSIX.1-1988), which every system can open. Equal files give equal bytes: no times, owners or
 * modes of this machine are in it.
 *
 * @throws MLOpsError `INVALID_INPUT` for a path of more than 100 bytes
 */
export function writeTar(files: readonly PackedFile[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const file of files) {
    const chunks = chunksOf(file);
    const size = sizeOf(chunks);
    parts.push(header(file.path, size), ...chunks, Buffer.alloc((block - (size % block)) % block));
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

export const sizeOf = (chunks: readonly Uint8Array[]): number => chunks.reduce((sum, { length }) => sum + length, 0);

function header(path: string, size: number): Buffer {
  if (Buffer.byteLength(path) > 100) refuse(`${path} is longer than the 100 bytes that an archive has room for`);
  const bytes = Buffer.alloc(block);
  const octal = (value: number, at: number, length: number): void =>
    void bytes.write(value.toString(8).padStart(length - 1, '0'), at, 'latin1');
  bytes.write(path, 0, 'utf8');
  octal(0o644, 100, 8); // mode
  octal(0, 108, 8); // owner
  octal(0, 116, 8); // group
  octal(size, 124, 12);
  octal(0, 136, 12); // time
  bytes.write('        ', 148, 'latin1'); // the checksum counts itself as spaces
  bytes.write('0', 156, 'latin1'); // a plain file
  bytes.write('ustar\u000000', 257, 'latin1');
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148, 'latin1');
  return bytes;
}
