import type { ColumnMetaData, SchemaElement } from 'hyparquet';
import { refuse } from '../../util/check.js';
import { expands, whole } from './check-metadata.js';
import { walkDeltas, walkRuns } from './encoded-runs.js';
import { ThriftReader, type ThriftStruct } from './thrift-reader.js';

/** What is known of a flat column in a row group before its pages are decoded. */
export interface Chunk {
  readonly bytes: Uint8Array;
  readonly element: SchemaElement;
  readonly meta: Pick<ColumnMetaData, 'codec' | 'path_in_schema'>;
  /** Rows of the group. */
  readonly rows: number;
}

/** Memory that the decoding of a row group may take, bytes. */
export interface Budget {
  left: number;
  readonly whole: number;
  readonly fileBytes: number;
}

/** Checks the content of a page that comes out of decompression. */
export type CheckPage = (bytes: Uint8Array) => void;

const [dataPage, indexPage, dictionaryPage, dataPage2] = [0, 1, 2, 3];
const [plain, plainDictionary, rle, deltas, deltaLengths, deltaTexts, dictionary, streams] = [0, 2, 3, 5, 6, 7, 8, 9];

/** Most times that Snappy makes something larger: 64 bytes of three; and what a page has of overhead. */
const mostSnappy = 22;
const overhead = 64;

/** Bytes that a value takes which is an object of its own, such as a text or a time. */
const objectBytes = 128;

/**
 * Walks the pages of a column as the decoder will, and refuses what would make it take memory or time out of proportion:
 * numbers of values, sizes, runs and lengths that the bytes do not bear out.
 *
 * @returns checks for the pages that are compressed, by where their compressed bytes begin
 * @throws MLOpsError `INVALID_INPUT`
 */
export function checkPages(chunk: Chunk, budget: Budget): ReadonlyMap<number, CheckPage> {
  const checks = new Map<number, CheckPage>();
  const { bytes, rows, meta } = chunk;
  if (meta.codec !== 'UNCOMPRESSED' && meta.codec !== 'SNAPPY') {
    refuse(`it is compressed with ${meta.codec}; write it with Snappy, or uncompressed`);
  }
  const reader = new ThriftReader(bytes);
  for (let seen = 0; seen < rows && reader.offset < bytes.length - 1;) {
    const page = readPage(reader, chunk);
    seen += page.values;
    if (seen > rows) refuse(`its pages hold more values than the ${rows} rows of their group`);
    const start = reader.offset + page.levelBytes;
    reader.skip(page.compressed);
    const levels = bytes.subarray(start - page.levelBytes, start);
    const content = bytes.subarray(start, reader.offset);
    const check: CheckPage = (raw) => checkContent(raw, levels, page, chunk, budget);
    if (page.isCompressed) checks.set(start, check);
    else check(content);
  }
  return checks;
}

interface Page {
  readonly type: number;
  /** Rows of a data page; none of a dictionary. */
  readonly values: number;
  readonly entries: number;
  readonly nulls: number | undefined;
  readonly encoding: number;
  readonly compressed: number;
  /** Of the levels that come before the compressed part. */
  readonly levelBytes: number;
  readonly isCompressed: boolean;
}

function readPage(reader: ThriftReader, { meta, element }: Chunk): Page {
  const header = reader.struct();
  const type = numberAt(header, 1, 'the type of a page');
  const [size, compressed] = [
    numberAt(header, 2, 'the size of a page'),
    numberAt(header, 3, 'the compressed size of a page'),
  ];
  if (type === indexPage || type > dataPage2) refuse(`it has a page of the unknown type ${type}`);
  const about = header.get({ [dataPage]: 5, [dictionaryPage]: 7, [dataPage2]: 8 }[type]!);
  if (!(about instanceof Map)) return refuse('a page says nothing of what it holds');
  const said: ThriftStruct = about;
  const entries = numberAt(said, 1, 'the number of values of a page');
  const levels =
    type === dataPage2 ? [numberAt(said, 5, 'a size of levels'), numberAt(said, 6, 'a size of levels')] : [0, 0];
  const [definitions, repetitions] = levels as [number, number];
  const levelBytes = definitions + repetitions;
  if (levelBytes > compressed || levelBytes > size) refuse('the levels of a page are larger than the page');
  if (repetitions > 0 || (isRequired(element) && definitions > 0)) refuse('a flat column has levels');
  const isCompressed = meta.codec !== 'UNCOMPRESSED' && (type !== dataPage2 || said.get(7) !== 0);
  checkSizes(size - levelBytes, compressed - levelBytes, isCompressed ? meta.codec : 'UNCOMPRESSED');
  const isDictionary = type === dictionaryPage;
  if (type === dataPage2 && numberAt(said, 3, 'the number of rows of a page') !== entries) {
    refuse('a page of a flat column has another number of rows than of values');
  }
  const nulls = type === dataPage2 ? numberAt(said, 2, 'the number of gaps of a page') : undefined;
  if (nulls !== undefined && nulls > entries) refuse(`a page says that ${nulls} of its ${entries} values are missing`);
  const encoding = numberAt(said, type === dataPage2 ? 4 : 2, 'the encoding of a page');
  return { type, values: isDictionary ? 0 : entries, entries, nulls, encoding, compressed, levelBytes, isCompressed };
}

function checkSizes(size: number, compressed: number, codec: string): void {
  if (codec === 'UNCOMPRESSED' ? size !== compressed : size > mostSnappy * compressed + overhead) {
    refuse(`a page of ${compressed} bytes (${codec}) says that ${size} come out of it`);
  }
}

const isRequired = ({ repetition_type: type }: SchemaElement): boolean => type === 'REQUIRED';

function checkContent(raw: Uint8Array, levels: Uint8Array, page: Page, { element }: Chunk, budget: Budget): void {
  const reader = new ThriftReader(raw);
  if (page.type === dictionaryPage) {
    checkPlain(raw.length, page.entries, element, budget);
    return;
  }
  let count = page.entries;
  if (page.type === dataPage2) {
    if (!isRequired(element)) walkRuns(new ThriftReader(levels), 1, page.entries);
    count -= page.nulls ?? 0;
  } else if (!isRequired(element)) {
    const length = uint32(reader);
    const end = reader.offset + length;
    count = walkRuns(reader, 1, page.entries);
    if (end > raw.length) refuse('the levels of a page are larger than the page');
    reader.offset = end;
  }
  checkValues(reader, raw.length - reader.offset, count, page.encoding, element, budget);
}

function checkValues(
  reader: ThriftReader,
  bytes: number,
  count: number,
  encoding: number,
  element: SchemaElement,
  budget: Budget,
): void {
  const chargeLength = (length: number): void => charge(budget, whole(length, 'the length of a text'));
  if (encoding === plain || encoding === streams) {
    checkPlain(bytes, count, element, budget);
  } else if (encoding === plainDictionary || encoding === dictionary) {
    walkRuns(reader, reader.byte(), count);
  } else if (encoding === rle) {
    if (element.type !== 'BOOLEAN') refuse('a page that is no BOOLEAN is encoded as runs');
    reader.skip(4);
    walkRuns(reader, 1, count);
  } else if (encoding === deltas || encoding === deltaLengths) {
    if (isObject(element)) charge(budget, count * objectBytes);
    walkDeltas(reader, count);
  } else if (encoding === deltaTexts) {
    charge(budget, count * objectBytes);
    // Each text repeats the beginning of the one before, at no cost in bytes.
    walkDeltas(reader, count, chargeLength);
    walkDeltas(reader, count, chargeLength);
  } else {
    refuse(`a page is encoded in the unknown way ${encoding}`);
  }
}

/** Values one after the other, each of so many bytes at least. */
function checkPlain(bytes: number, count: number, element: SchemaElement, budget: Budget): void {
  if (count * leastBytes(element) > bytes) refuse(`a page says that there are ${count} values in ${bytes} bytes`);
  if (isObject(element)) charge(budget, count * objectBytes);
}

function leastBytes({ type, type_length: length }: SchemaElement): number {
  switch (type) {
    case 'BOOLEAN':
      return 1 / 8;
    case 'INT64':
    case 'DOUBLE':
      return 8;
    case 'INT96':
      return 12;
    case 'FIXED_LEN_BYTE_ARRAY':
      return Math.max(1, whole(length, 'the length of values of one length'));
    default:
      return 4;
  }
}

/** Numbers and truth values are none, unless they mean something else. */
const isObject = ({ type, converted_type: converted, logical_type: logical }: SchemaElement): boolean =>
  !/^(BOOLEAN|INT32|INT64|FLOAT|DOUBLE)$/.test(type ?? '') || converted !== undefined || logical !== undefined;

function charge(budget: Budget, bytes: number): void {
  budget.left -= bytes;
  if (budget.left < 0) throw expands(budget.whole - budget.left, budget.fileBytes);
}

const uint32 = (reader: ThriftReader): number =>
  reader.byte() + reader.byte() * 2 ** 8 + reader.byte() * 2 ** 16 + reader.byte() * 2 ** 24;

function numberAt(struct: ThriftStruct, id: number, what: string): number {
  return whole(struct.get(id), what);
}
