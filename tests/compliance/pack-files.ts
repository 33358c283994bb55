import { execFile } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { AuditRecord } from '@bondx/mlops';
import { type PackedFile, writeTar } from '../../src/compliance/evidence/write-tar.js';
import { chainRecord, leafHash, tailAfter } from '../../src/governance/audit-record.js';
import { digestBytes } from '../../src/util/digest.js';
import { type JsonValue, canonicalJson } from '../../src/util/json.js';

const run = promisify(execFile);

/** The script as an auditor has it: alone in a folder, in a process of its own. */
export async function runScript(
  folder: string,
  bytes: Uint8Array,
  ...more: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const [script, file] = [join(folder, 'verify.mjs'), join(folder, 'pack.tar')];
  copyFileSync('scripts/verify-evidence-pack.mjs', script);
  writeFileSync(file, bytes);
  try {
    return { code: 0, ...(await run(process.execPath, [script, file, ...more], { cwd: folder, env: {} })) };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

export interface UnpackedFile extends PackedFile {
  readonly bytes: Uint8Array;
}

/** Files of a pack, read the way `tar` lists them. */
export function unpack(bytes: Uint8Array): UnpackedFile[] {
  const files: UnpackedFile[] = [];
  for (let from = 0; bytes[from] !== 0;) {
    const text = (begin: number, length: number): string =>
      Buffer.from(bytes.subarray(from + begin, from + begin + length))
        .toString()
        .replace(/\0.*$/s, '');
    const size = parseInt(text(124, 12), 8);
    files.push({ path: text(0, 100), bytes: bytes.slice(from + 512, from + 512 + size) });
    from += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

/** The text of a file of a pack; undefined where it has none of that name. */
export function textOf(pack: Uint8Array, path: string): string | undefined {
  const file = unpack(pack).find((one) => one.path === path);
  return file && Buffer.from(file.bytes).toString();
}

/** What a file of a pack says, or each of its lines. */
export const jsonOf = (pack: Uint8Array, path: string): unknown => JSON.parse(textOf(pack, path)!);
export const linesOf = <T>(pack: Uint8Array, path: string): T[] =>
  textOf(pack, path)!
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as T);

/**
 * A pack with other files in places, as somebody makes it who has a key of their own: digests and the part of the audit trail in
 * the index are made to fit, and the index is signed anew. Null leaves a file out.
 *
 * @param said what the index says of the audit trail instead
 */
export function forge(pack: Uint8Array, changes: Readonly<Record<string, string | null>>, said: object = {}): Buffer {
  const index = jsonOf(pack, 'index.json') as Record<string, unknown> & { files: { path: string; what: string }[] };
  const files = unpack(pack)
    .filter(({ path }) => changes[path] !== null && path !== 'index.json' && path !== 'signature.json')
    .map(({ path, bytes }) => ({ path, bytes: Buffer.from(changes[path] ?? bytes) }));
  for (const [path, text] of Object.entries(changes)) {
    if (text !== null && !files.some((file) => file.path === path)) files.push({ path, bytes: Buffer.from(text) });
  }
  const records = String(Buffer.from(files.find(({ path }) => path === 'audit/records.jsonl')!.bytes))
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as AuditRecord);
  const proofs = files.find(({ path }) => path === 'audit/proofs.jsonl');
  const concerned = proofs === undefined ? 0 : String(Buffer.from(proofs.bytes)).split('\n').length - 1;
  const listed = files.map(({ path, bytes }) => {
    const what = index.files.find((file) => file.path === path)?.what ?? 'added';
    return { path, what, digest: digestBytes(bytes), size: bytes.length };
  });
  const audit = {
    from: records[0]!.seq,
    records: records.length,
    concerned,
    head: leafHash(records.at(-1)!),
    ...said,
  };
  const bytes = Buffer.from(JSON.stringify({ ...index, audit, files: listed }));
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signature = {
    keyId: 'theirs',
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }),
    signature: sign('sha256', bytes, privateKey).toString('base64'),
  };
  return writeTar([
    { path: 'index.json', bytes },
    { path: 'signature.json', bytes: Buffer.from(JSON.stringify(signature)) },
    ...files,
  ]);
}

export const toLines = (values: readonly unknown[]): string =>
  values.map((value) => `${canonicalJson(value as JsonValue)}\n`).join('');

/** Records from one on put into a chain again, as somebody does who rewrites history. */
export function rechain(records: readonly AuditRecord[], from: number): AuditRecord[] {
  const chained = records.slice(0, from);
  for (const record of records.slice(from)) {
    const { v: _v, log: _log, seq: _seq, prev: _prev, ts, ...said } = record;
    chained.push(chainRecord({ ...said, at: Date.parse(ts) }, tailAfter(chained.at(-1)!)).record);
  }
  return chained;
}
