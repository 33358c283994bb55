import { createReadStream } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { type Watch, checkNotAborted } from '../../util/in-steps.js';
import { type JsonObject, type JsonValue, canonicalJson } from '../../util/json.js';
import { createFile, onFile } from '../../util/on-file.js';
import { type Checkpoint, asCheckpoint } from './checkpoint.js';
import { type LogStart, asLogStart } from './log-start.js';
import { type AuditVerification, type LogToVerify, verifyLog } from './verify-log.js';

/** What an export consists of. */
export interface ExportedLog {
  readonly records: AsyncIterable<{ readonly value: JsonValue }>;
  readonly checkpoints: readonly Checkpoint[];
  /** Where the log begins, if its oldest records were removed. */
  readonly start?: LogStart | undefined;
}

/**
 * Writes JSON Lines: where the log starts, if records were removed, one record a line, in canonical JSON, then one checkpoint a line. It needs nothing of this package to
 * be read: the hash of a record's line is SHA-256(0x00 ‖ line without its end).
 *
 * @throws MLOpsError `ALREADY_EXISTS`: evidence is not written over
 */
export async function writeExport(
  path: string,
  { records, checkpoints, start }: ExportedLog,
): Promise<{ records: number }> {
  return createFile(path, async (partial) => {
    const file = await open(partial, 'wx', 0o644);
    return writeLines(file.createWriteStream(), { records, checkpoints, start });
  });
}

async function writeLines(
  out: ReturnType<FileHandle['createWriteStream']>,
  { records, checkpoints, start }: ExportedLog,
): Promise<{ records: number }> {
  const done = finished(out);
  const failed = done.catch(() => undefined);
  let count = 0;
  if (start !== undefined) out.write(`${canonicalJson(asLogStart(start) as unknown as JsonObject)}\n`);
  try {
    for await (const { value } of records) {
      if (!out.write(`${canonicalJson(value)}\n`)) {
        await Promise.race([new Promise<void>((resolve) => out.once('drain', () => resolve())), failed]);
      }
      if (out.destroyed) break;
      count++;
    }
  } catch (error) {
    out.destroy();
    await failed;
    throw error;
  }
  for (const checkpoint of checkpoints) out.write(`${canonicalJson(checkpoint as unknown as JsonObject)}\n`);
  out.end();
  await done;
  return { records: count };
}

/**
 * Verifies an export without its store. A line must be byte for byte the canonical form of what it says: anything else is
 * `corrupt`. A last line that was cut off in mid-write is left out.
 *
 * @param known.anchors checkpoints from elsewhere
 * @throws MLOpsError `ABORTED`
 */
export async function verifyExport(
  path: string,
  { signal, onProgress, ...known }: Pick<LogToVerify, 'judge' | 'anchors' | 'judgeStart' | 'expectedHead'> & Watch,
): Promise<AuditVerification> {
  // It is read twice: the checkpoints are at its end.
  const half = (from: number): Watch => ({ signal, onProgress: (fraction) => onProgress?.(from + fraction / 2) });
  const { checkpoints, isTorn, start } = await onFile(path, () => scan(path, half(0)));
  const records = recordsOf(path, start?.size ?? 0, half(0.5));
  return verifyLog({ records, checkpoints, isTorn, start, ...known });
}

type Line = { readonly kind: 'record' | 'checkpoint' | 'start' | 'nonsense' | 'torn'; readonly value: JsonValue };

async function* recordsOf(path: string, from: number, watch: Watch): AsyncGenerator<{ seq: number; value: JsonValue }> {
  let seq = from;
  for await (const { kind, value } of linesOf(path, watch)) {
    if (kind === 'record' || kind === 'nonsense') yield { seq: seq++, value };
  }
}

async function scan(
  path: string,
  watch: Watch,
): Promise<{ checkpoints: readonly Checkpoint[]; isTorn: boolean; start: LogStart | undefined }> {
  const checkpoints: Checkpoint[] = [];
  let isTorn = false;
  let start: LogStart | undefined;
  for await (const { kind, value } of linesOf(path, watch)) {
    if (kind === 'checkpoint') checkpoints.push(asCheckpoint(value)!);
    if (kind === 'start') start ??= asLogStart(value);
    isTorn ||= kind === 'torn';
  }
  return { checkpoints, isTorn, start };
}

/** Nonsense keeps its place among the records: that is where the log is corrupt. */
async function* linesOf(path: string, { signal, onProgress }: Watch): AsyncGenerator<Line> {
  const { createInterface } = await import('node:readline');
  const { size } = await stat(path);
  const input = createReadStream(path);
  let [held, read]: [string | undefined, number] = [undefined, 0];
  for await (const line of createInterface({ input, crlfDelay: 0 })) {
    checkNotAborted(signal);
    if (input.bytesRead > read) onProgress?.(Math.min(1, (read = input.bytesRead) / size));
    if (held !== undefined) yield lineOf(held, false);
    held = line;
  }
  if (held !== undefined) yield lineOf(held, true);
}

function lineOf(text: string, isLast: boolean): Line {
  try {
    const value = JSON.parse(text) as JsonValue;
    if (canonicalJson(value) !== text) return { kind: 'nonsense', value: null };
    const kind = asLogStart(value) ? 'start' : asCheckpoint(value) ? 'checkpoint' : 'record';
    return { kind, value };
  } catch {
    return { kind: isLast && text.startsWith('{') ? 'torn' : 'nonsense', value: null };
  }
}
