import { refuse } from '../../util/check.js';
import type { ThriftReader } from './thrift-reader.js';

/**
 * Walks runs of Parquet's hybrid of run lengths and packed bits without decoding them, up to so many values.
 *
 * @param bitWidth bits a value, 0 to 32
 * @returns how many of the values are 1, where they are of one bit
 * @throws MLOpsError `INVALID_INPUT` for runs that hold more values than asked for
 */
export function walkRuns(reader: ThriftReader, bitWidth: number, count: number): number {
  if (bitWidth > 32) refuse(`values of ${bitWidth} bits are packed in a page`);
  let [left, ones] = [count, 0];
  while (left > 0) {
    const head = reader.varint();
    const length = Math.floor(head / 2);
    if (head % 2 === 0) {
      if (length > left) refuse(`a run repeats a value ${length} times where ${left} are left`);
      let value = 0;
      for (let i = 0; i < Math.ceil(bitWidth / 8); i++) value += reader.byte() * 256 ** i;
      if (value === 1) ones += length;
      left -= length;
    } else {
      // The last of them is padded to eight values.
      if (length * 8 >= left + 8 && bitWidth === 0) refuse(`a run packs ${length * 8} values where ${left} are left`);
      if (bitWidth === 1) ones += onesOf(reader, length, Math.min(left, length * 8));
      else reader.skip(length * bitWidth);
      left -= length * 8;
    }
  }
  return ones;
}

function onesOf(reader: ThriftReader, bytes: number, values: number): number {
  let ones = 0;
  for (let i = 0; i < bytes; i++) {
    const bits = reader.byte() & (i * 8 + 8 <= values ? 255 : (1 << Math.max(0, values - i * 8)) - 1);
    for (let rest = bits; rest !== 0; rest &= rest - 1) ones++;
  }
  return ones;
}

/** Values in a block: writers take 128. */
const maxBlock = 1 << 16;

/**
 * Walks values that are packed as differences.
 *
 * @param onValue told every value; without it they are not decoded
 */
export function walkDeltas(reader: ThriftReader, count: number, onValue?: (value: number) => void): void {
  const [block, parts] = [reader.varint(), reader.varint()];
  reader.varint();
  if (block === 0 || block > maxBlock || parts === 0 || block % parts !== 0 || (block / parts) % 32 !== 0) {
    refuse(`differences come in blocks of ${block} values in ${parts} parts`);
  }
  let value = reader.zigzag(10);
  if (count > 0) onValue?.(value);
  const size = block / parts;
  for (let left = count - 1; left > 0;) {
    const least = reader.zigzag(10);
    const widths = Array.from({ length: parts }, () => reader.byte());
    for (const width of widths) {
      if (left <= 0) break;
      if (width > 64) refuse(`differences take ${width} bits`);
      if (onValue === undefined) reader.skip((size * width) / 8);
      else {
        const deltas = unpack(reader, size, width);
        for (let i = 0; i < Math.min(left, size); i++) onValue((value += least + deltas[i]!));
      }
      left -= size;
    }
  }
}

/** Values of so many bits each, the least significant ones first. */
function unpack(reader: ThriftReader, count: number, width: number): Float64Array {
  const values = new Float64Array(count);
  let [byte, bit] = [0, 8];
  for (let i = 0; i < count; i++) {
    for (let b = 0; b < width; b++, bit++) {
      if (bit === 8) [byte, bit] = [reader.byte(), 0];
      if ((byte >> bit) & 1) values[i]! += 2 ** b;
    }
  }
  return values;
}
