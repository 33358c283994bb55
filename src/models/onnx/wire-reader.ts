import { MLOpsError } from '../../errors.js';

/** One field of a message. */
export interface WireField {
  readonly number: number;
  /** 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes. */
  readonly type: number;
  /** Where its content begins and ends. */
  readonly start: number;
  readonly end: number;
  /** The value of a varint; negative ones, and those from 2^53, are not exact. */
  readonly varint: number;
}

/** Messages nested deeper than any exporter nests them would exhaust the stack. */
const deepest = 100;

/**
 * Reads the fields of a Protocol Buffers message. No length in it is trusted: each is checked against the bytes that are
 * there before anything is made of it. https://protobuf.dev/programming-guides/encoding
 */
export class WireReader {
  constructor(
    private readonly bytes: Uint8Array,
    private readonly start = 0,
    private readonly end = bytes.length,
    private readonly depth = 0,
  ) {
    if (depth > deepest) throw damaged(start, `messages are nested more than ${deepest} deep`);
  }

  /** @throws MLOpsError `CORRUPT` with the place of the first byte that cannot be read */
  *fields(): Generator<WireField> {
    let at = this.start;
    while (at < this.end) {
      const key = this.#varint(at);
      const number = Math.floor(key.value / 8);
      const type = key.value % 8;
      if (number < 1) throw damaged(at, 'a field has no number');
      at = key.end;
      if (type === 0) {
        const { value, end } = this.#varint(at);
        yield { number, type, start: at, end, varint: value };
        at = end;
        continue;
      }
      const length = this.#lengthOf(type, at);
      const start = type === 2 ? length.end : at;
      const end = start + length.value;
      if (end > this.end) {
        throw damaged(start, `a field of ${length.value} bytes begins here, and ${this.end - start} bytes are left`);
      }
      yield { number, type, start, end, varint: 0 };
      at = end;
    }
  }

  /** The message in a field. */
  message({ type, start, end }: WireField): WireReader {
    if (type !== 2) throw damaged(start, 'a number is where a message belongs');
    return new WireReader(this.bytes, start, end, this.depth + 1);
  }

  text({ type, start, end }: WireField): string {
    if (type !== 2) throw damaged(start, 'a number is where a text belongs');
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, end - start).toString('utf8');
  }

  number({ type, start, varint }: WireField): number {
    if (type !== 0) throw damaged(start, 'something else is where a number belongs');
    return varint;
  }

  #lengthOf(type: number, at: number): { readonly value: number; readonly end: number } {
    if (type === 2) return this.#varint(at);
    if (type === 1) return { value: 8, end: at };
    if (type === 5) return { value: 4, end: at };
    throw damaged(at, `there is no wire type ${type}`);
  }

  #varint(start: number): { readonly value: number; readonly end: number } {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      const byte = start + i < this.end ? this.bytes[start + i]! : undefined;
      if (byte === undefined) throw damaged(start, 'the bytes end within a number');
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return { value, end: start + i + 1 };
    }
    throw damaged(start, 'a number has more than 10 bytes');
  }
}

export const damaged = (at: number, what: string): MLOpsError =>
  new MLOpsError(
    'CORRUPT',
    `the ONNX model is damaged or cut off at byte ${at}: ${what}; copy the whole file again, or export it again`,
  );
