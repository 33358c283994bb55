import { open, readFile } from 'node:fs/promises';
import { MLOpsError } from '../../errors.js';
import { flush } from '../../util/flush.js';
import { type JsonObject, canonicalJson } from '../../util/json.js';
import { onFile } from '../../util/on-file.js';
import { type Checkpoint, asCheckpoint } from './checkpoint.js';

/** Checkpoints kept outside of the store. */
export interface Anchors {
  readonly checkpoints: readonly Checkpoint[];
  /** Whether the last line was cut off by a crash, and is left out. */
  readonly isTorn: boolean;
}

/** Adds a checkpoint as a line of JSON; when it returns, the line survives a loss of power. */
export async function appendAnchor(path: string, checkpoint: Checkpoint): Promise<void> {
  const { isTorn } = await readAnchors(path);
  const file = await onFile(path, () => open(path, 'a', 0o644));
  try {
    await file.appendFile(`${isTorn ? '\n' : ''}${canonicalJson(checkpoint as unknown as JsonObject)}\n`);
    await flush(file);
  } finally {
    await file.close();
  }
}

/**
 * Reads the checkpoints of a file; none when there is no file, unless it must be there. Lines cut off by a crash are left out: a whole one follows,
 * or nothing.
 *
 * @throws MLOpsError `CORRUPT` for any other line that is no checkpoint, `NOT_FOUND`
 */
export async function readAnchors(path: string, mustExist = false): Promise<Anchors> {
  const text = await onFile(path, () => readFile(path, 'utf8')).catch((error: unknown) => {
    if (!(error instanceof MLOpsError && error.code === 'NOT_FOUND')) throw error;
    if (mustExist) throw new MLOpsError('NOT_FOUND', `there is no file of anchors ${path}; nothing was verified`);
    return '';
  });
  const lines = text.split('\n');
  const torn = lines.pop()!; // empty when the last line ended
  const checkpoints = lines.flatMap((line, i) => {
    const checkpoint = parse(line);
    if (checkpoint !== undefined) return [checkpoint];
    if (line === '' || isCutOff(line)) return [];
    throw new MLOpsError('CORRUPT', `line ${i + 1} of ${path} is no checkpoint`);
  });
  return { checkpoints, isTorn: torn !== '' };
}

function parse(line: string): Checkpoint | undefined {
  try {
    return asCheckpoint(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** The beginning of a line, as a crash leaves it: canonical JSON begins with this key, and it does not end. */
const isCutOff = (line: string): boolean => '{"index":'.startsWith(line.slice(0, 9)) && !line.endsWith('}');
