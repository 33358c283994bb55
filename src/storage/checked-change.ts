import { checkOptions } from '../util/check.js';
import { assertJson, notedJson } from '../util/json.js';
import { type FlatIndex, flattenIndex, checkPlainObject } from './index-fields.js';
import type { Change, Durability } from './storage.js';
import { checkStorageName, invalid } from './storage-name.js';

const mebibyte = 1024 * 1024;

/** Most bytes of one serialized value. */
const maxValueBytes = 16 * mebibyte;

/** Bytes that a UTF-16 code unit takes at most in UTF-8. */
const mostBytesPerUnit = 3;

/** Most bytes of all the serialized values of one commit. */
const maxCommitBytes = 256 * mebibyte;

/** A change that was found valid, with its values serialized: nothing the caller does later can alter it. */
export type CheckedChange =
  | {
      readonly kind: 'put';
      readonly collection: string;
      readonly id: string;
      /** The value as JSON text. */
      readonly text: string;
      readonly index: FlatIndex;
      readonly expect: 'any' | 'absent' | number;
    }
  | { readonly kind: 'delete'; readonly collection: string; readonly id: string; readonly expect: 'any' | number }
  | { readonly kind: 'check'; readonly collection: string; readonly id: string; readonly expect: 'absent' | number }
  | {
      readonly kind: 'append';
      readonly stream: string;
      /** The values as JSON texts. */
      readonly texts: readonly string[];
      readonly expect: number | undefined;
    }
  | { readonly kind: 'drop'; readonly stream: string; readonly expect: number | undefined };

/** Whether it is a stream of the audit log. These only ever grow, except where a commit also says where the log begins from then on. */
export const isAuditStream = (stream: string): boolean => stream === 'audit' || stream.startsWith('audit/');

/** Records that say where the audit log begins. */
export const auditStartsCollection = 'audit.starts';

/**
 * Judges a commit by itself, without looking at what is stored.
 *
 * @throws MLOpsError `INVALID_INPUT` that names the change at fault
 */
export function checkChanges(changes: readonly Change[]): readonly CheckedChange[] {
  if (!Array.isArray(changes)) throw invalid('commit takes an array of changes');
  const named = new Set<string>();
  let bytes = 0;
  const all = changes.map((change: Change, position) => {
    const checked = checkChange(change, `changes[${position}]`);
    const name = 'stream' in checked ? `stream ${checked.stream}` : `record ${checked.collection}\n${checked.id}`;
    if (named.has(name)) throw invalid(`a commit names ${name.replace('\n', '/')} twice; merge the two changes`);
    named.add(name);
    bytes += sizeOf(checked);
    if (bytes > maxCommitBytes) {
      throw invalid(`a commit of more than ${maxCommitBytes / mebibyte} MiB; write it in several commits`);
    }
    return checked;
  });
  const dropped = all.findIndex((change) => change.kind === 'drop' && isAuditStream(change.stream));
  if (dropped !== -1 && !all.some((change) => change.kind === 'put' && change.collection === auditStartsCollection)) {
    throw invalid(
      `changes[${dropped}]: an audit stream is a record for auditors and cannot be dropped; applyRetention removes what is old`,
    );
  }
  return all;
}

/**
 * What the options of a commit say: a misspelled durability would be the storage's own, which may be less.
 *
 * @throws MLOpsError `INVALID_INPUT`
 */
export function checkCommitOptions(options: { readonly durability?: Durability }): Durability | undefined {
  checkOptions(options, ['durability'], 'commit');
  return checkDurability(options.durability);
}

/** @throws MLOpsError `INVALID_INPUT` */
export function checkDurability(durability: unknown): Durability | undefined {
  if (durability === undefined || durability === 'power' || durability === 'process') return durability;
  throw invalid(`durability must be power or process, got ${JSON.stringify(durability)}`);
}

function checkChange(change: Change, what: string): CheckedChange {
  checkPlainObject(change, what);
  switch (change.kind) {
    case 'put':
      return {
        kind: 'put',
        ...checkRecordName(change, what),
        text: serialize(change.value, `${what}.value`),
        index: flattenIndex(change.index),
        expect: checkExpect(change.expect, ['any', 'absent'], `${what}.expect`),
      };
    case 'delete':
      return {
        kind: 'delete',
        ...checkRecordName(change, what),
        expect: checkExpect(change.expect, ['any'], `${what}.expect`),
      };
    case 'check':
      return {
        kind: 'check',
        ...checkRecordName(change, what),
        expect: checkExpect(change.expect, ['absent'], `${what}.expect`),
      };
    case 'append':
      if (!Array.isArray(change.values)) throw invalid(`${what}.values must be an array`);
      return {
        kind: 'append',
        stream: checkStorageName(change.stream, `${what}.stream`),
        texts: change.values.map((value, i) => serialize(value, `${what}.values[${i}]`)),
        expect: change.expect === undefined ? undefined : checkExpect(change.expect, [], `${what}.expect`),
      };
    case 'drop':
      return {
        kind: 'drop',
        stream: checkStorageName(change.stream, `${what}.stream`),
        expect: change.expect === undefined ? undefined : checkExpect(change.expect, [], `${what}.expect`),
      };
    default:
      throw invalid(`${what}.kind must be put, delete, append, drop or check`);
  }
}

const checkRecordName = (
  { collection, id }: { collection: string; id: string },
  what: string,
): { collection: string; id: string } => ({
  collection: checkStorageName(collection, `${what}.collection`),
  id: checkStorageName(id, `${what}.id`),
});

function checkExpect<Word extends string>(value: unknown, words: readonly Word[], what: string): Word | number {
  const word = words.find((candidate) => candidate === value);
  if (word !== undefined) return word;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw invalid(`${what} must be ${[...words, 'a whole number'].join(' or ')}, got ${JSON.stringify(value)}`);
}

function serialize(value: unknown, what: string): string {
  const noted = notedJson(value);
  if (noted === undefined) assertJson(value, what);
  const text = noted ?? JSON.stringify(value);
  if (text.length * mostBytesPerUnit <= maxValueBytes) return text;
  const bytes = Buffer.byteLength(text);
  if (bytes > maxValueBytes) {
    throw invalid(
      `${what} takes ${bytes} bytes as JSON; at most ${maxValueBytes / mebibyte} MiB fit: store it as an artifact`,
    );
  }
  return text;
}

function sizeOf(change: CheckedChange): number {
  if (change.kind === 'put') return change.text.length;
  return change.kind === 'append' ? change.texts.reduce((sum, text) => sum + text.length, 0) : 0;
}
