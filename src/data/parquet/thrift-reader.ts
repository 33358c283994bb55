import { refuse } from '../../util/check.js';

/** A struct by the ids of its fields. What is no number and no struct is skipped. */
export type ThriftStruct = ReadonlyMap<number, number | ThriftStruct>;

/** Nothing that Parquet describes is nested deeper than ten levels. */
const maxDepth = 32;

/**
 * Reads the compact protocol of Thrift, in which Parquet describes itself, and believes nothing: every length is held against
 * the bytes that are left before anything is made of it.
 */
export class ThriftReader {
  constructor(
    private readonly bytes: Uint8Array,
    /** Position of the next byte. */
    public offset = 0,
    private readonly end = bytes.length,
  ) {}

  /** @throws MLOpsError `INVALID_INPUT` */
  struct(depth = 0): ThriftStruct {
    if (depth > maxDepth) refuse(`its description is nested deeper than ${maxDepth} levels`);
    const fields = new Map<number, number | ThriftStruct>();
    for (let id = 0; ;) {
      const head = this.byte();
      const type = head & 0x0f;
      if (type === 0) return fields;
      id = head >> 4 === 0 ? this.zigzag(5) : id + (head >> 4);
      const value = this.#value(type, depth);
      if (value === undefined) fields.delete(id);
      else fields.set(id, value);
    }
  }

  byte(): number {
    if (this.offset >= this.end) refuse('it ends in the middle of a description');
    return this.bytes[this.offset++]!;
  }

  /** An unsigned number of at most so many bytes. */
  varint(maxBytes = 5): number {
    let [value, scale] = [0, 1];
    for (let i = 0; i < maxBytes; i++, scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 128) return value;
    }
    return refuse(`a number takes more than ${maxBytes} bytes`);
  }

  zigzag(maxBytes: number): number {
    const value = this.varint(maxBytes);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  skip(count: number): void {
    if (count > this.end - this.offset) refuse(`it says that ${count} bytes follow where ${this.end - this.offset} do`);
    this.offset += count;
  }

  #value(type: number, depth: number): number | ThriftStruct | undefined {
    switch (type) {
      case 1:
      case 2:
        return type === 1 ? 1 : 0;
      case 3:
        return (this.byte() << 24) >> 24;
      case 4:
      case 5:
        return this.zigzag(5);
      case 6:
        return this.zigzag(10);
      case 7:
        this.skip(8);
        return undefined;
      case 8:
        this.skip(this.varint());
        return undefined;
      case 9:
        this.#skipList(depth + 1);
        return undefined;
      case 12:
        return this.struct(depth + 1);
      default:
        return refuse(`its description has a value of the unknown type ${type}`);
    }
  }

  /** A member takes a byte at least. */
  #skipList(depth: number): void {
    if (depth > maxDepth) refuse(`its description is nested deeper than ${maxDepth} levels`);
    const head = this.byte();
    const size = head >> 4 === 15 ? this.varint() : head >> 4;
    if (size > this.end - this.offset)
      refuse(`it says that a list has ${size} members where ${this.end - this.offset} bytes follow`);
    const type = head & 0x0f;
    for (let i = 0; i < size; i++) {
      if (type === 1 || type === 2) this.byte();
      else this.#value(type, depth);
    }
  }
}
