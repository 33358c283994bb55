import { createHash } from 'node:crypto';
import type { Digest } from '../util/digest.js';
import type { Column } from './column.js';

/** Values hashed in one step, so that memory stays small and others get a turn. */
const stepLength = 1 << 17;

/**
 * SHA-256 over columns sorted by name, each its name, kind and row count as JSON, then its values as little-endian
 * doubles (or its categories as JSON and its codes as 32-bit integers). In steps; yields the share done.
 */
export function* digestSteps(columns: readonly Column[], rowCount: number): Generator<number, Digest> {
  const hash = createHash('sha256');
  const sorted = [...columns].sort((a, b) => (a.name < b.name ? -1 : 1));
  const buffer = new Float64Array(Math.min(stepLength, rowCount));
  for (let c = 0; c < sorted.length; c++) {
    const column = sorted[c]!;
    hash.update(`${JSON.stringify([column.name, column.kind, rowCount])}\n`);
    if (column.kind === 'categorical') hash.update(`${JSON.stringify(column.categories)}\n`);
    for (let start = 0; start < rowCount; start += stepLength) {
      const end = Math.min(rowCount, start + stepLength);
      if (column.kind === 'categorical') hash.update(bytesOf(column.codes.subarray(start, end)));
      else hash.update(bytesOf(canonical(column.values, start, end, buffer)));
      yield (c + end / rowCount) / sorted.length;
    }
  }
  return `sha256:${hash.digest('hex')}`;
}

/** One NaN, one zero. */
function canonical(values: Float64Array, start: number, end: number, buffer: Float64Array): Float64Array {
  for (let i = start; i < end; i++) {
    const value = values[i]!;
    buffer[i - start] = Number.isNaN(value) ? NaN : value + 0;
  }
  return buffer.subarray(0, end - start);
}

const bytesOf = (array: Float64Array | Int32Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
