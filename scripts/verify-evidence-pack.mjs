#!/usr/bin/env node
/**
 * Verifies an evidence pack with nothing but Node itself: that no file is missing, added or altered, that the index is
 * signed, that the audit records form one chain, and that approvals are bound to the files in the pack.
 *
 *     node verify-evidence-pack.mjs PACK.tar [--key-fingerprint sha256:…]
 *
 * Use a copy that you had before: one that comes with a pack could have been altered with it. The same holds for the public
 * key: compare its fingerprint with the one that you were given another way. Exit code 0: sound; 1: not; 2: cannot be read.
 */
import { createHash, createPublicKey, verify as verifySignature } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const block = 512;
const sha256 = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** A pack that cannot be taken apart. */
export class PackError extends Error {}

const fail = (message) => {
  throw new PackError(message);
};

/** The files of a USTAR archive. Plain files with plain relative names, each once; anything else is refused. */
export function readTar(bytes) {
  const files = new Map();
  let at = 0;
  for (;;) {
    if (at + block > bytes.length) fail('the archive is cut off');
    const head = bytes.subarray(at, at + block);
    if (head.every((byte) => byte === 0)) break;
    const text = (from, length) => {
      const field = head.subarray(from, from + length);
      const end = field.indexOf(0);
      return Buffer.from(end < 0 ? field : field.subarray(0, end)).toString('utf8');
    };
    const number = (from, length) => {
      const digits = text(from, length).trim();
      return /^[0-7]{1,11}$/.test(digits) ? Number.parseInt(digits, 8) : fail('a header holds no number');
    };
    const sum = head.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
    if (sum !== number(148, 8)) fail('a header was altered');
    if (text(156, 1) !== '0' || text(257, 6) !== 'ustar') fail('the archive holds something that is no plain file');
    if (head.subarray(345, 500).some((byte) => byte !== 0)) fail('names longer than 100 bytes are not read');
    const name = text(0, 100);
    const isPlain =
      /^[A-Za-z0-9][A-Za-z0-9._/-]*$/.test(name) && !name.split('/').some((p) => p === '' || /^\.+$/.test(p));
    if (!isPlain) fail(`the name ${JSON.stringify(name)} is not a plain relative path`);
    if (files.has(name)) fail(`${name} is there twice`);
    const size = number(124, 12);
    const from = at + block;
    if (from + size > bytes.length) fail('the archive is cut off');
    files.set(name, bytes.subarray(from, from + size));
    at = from + Math.ceil(size / block) * block;
  }
  if (bytes.length - at < 2 * block || bytes.subarray(at).some((byte) => byte !== 0)) {
    fail('something follows the end of the archive');
  }
  return files;
}

/** RFC 8785 for values that came from JSON. */
export function canonical(value) {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${members.join(',')}}`;
}

const leafHash = (record) => sha256(Buffer.concat([Buffer.from([0]), Buffer.from(canonical(record), 'utf8')]));

function json(files, path) {
  const bytes = files.get(path) ?? fail(`${path} is missing`);
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return fail(`${path} is not JSON`);
  }
}

/**
 * @param {Uint8Array} bytes of the archive
 * @param {{ keyFingerprint?: string }} [options] `sha256:` and the digest of the public key (SPKI, DER)
 * @returns {{ status: 'ok' | 'failed', checks: { check: string, passed: boolean, message: string }[], keyFingerprint?: string }}
 */
export function verifyEvidencePack(bytes, options = {}) {
  const checks = [];
  const say = (check, passed, message) => void checks.push({ check, passed, message });
  let keyFingerprint;
  try {
    const files = readTar(bytes);
    const index = json(files, 'index.json');
    if (index?.format !== 'bondx-evidence-pack/1' || !Array.isArray(index.files))
      fail('index.json is of another format');
    checkFiles(files, index, say);
    keyFingerprint = checkIndexSignature(files, options.keyFingerprint, say);
    if (checks.every(({ passed }) => passed)) {
      checkArtifacts(files, index, say);
      checkAudit(files, index, say);
      checkApprovals(files, index, say);
    }
  } catch (error) {
    // Whatever a pack holds, it must not stop whoever looks at it.
    say('readable', false, error instanceof Error ? error.message : String(error));
  }
  const status = checks.length > 0 && checks.every(({ passed }) => passed) ? 'ok' : 'failed';
  return { status, checks, ...(keyFingerprint !== undefined && { keyFingerprint }) };
}

function checkFiles(files, index, say) {
  const listed = new Map(index.files.map((file) => [file?.path, file]));
  const extra = [...files.keys()].filter(
    (path) => !listed.has(path) && path !== 'index.json' && path !== 'signature.json',
  );
  const wrong = [...listed].filter(([path, file]) => {
    const found = files.get(path);
    return found === undefined || found.length !== file.size || sha256(found) !== file.digest;
  });
  const names = [
    ...extra.map((path) => `${path} is not listed`),
    ...wrong.map(([path]) => `${path} is missing or altered`),
  ];
  const isSound = names.length === 0 && listed.size === index.files.length;
  say(
    'files',
    isSound,
    isSound ? `${listed.size} files have the digests of the index` : names.join('; ') || 'a file is listed twice',
  );
}

function checkIndexSignature(files, expected, say) {
  const { publicKey, signature, keyId } = json(files, 'signature.json');
  let key;
  try {
    key = createPublicKey(publicKey);
  } catch {
    say('signature', false, 'signature.json holds no public key');
    return undefined;
  }
  const fingerprint = sha256(key.export({ type: 'spki', format: 'der' }));
  const algorithm = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  let isValid = false;
  try {
    isValid = verifySignature(algorithm, files.get('index.json'), key, Buffer.from(signature, 'base64'));
  } catch {
    isValid = false;
  }
  const message = isValid
    ? `index.json is signed with ${keyId}, fingerprint ${fingerprint}`
    : 'the signature does not fit index.json';
  say('signature', isValid, message);
  if (expected !== undefined) {
    const isSame = expected === fingerprint;
    say('key', isSame, isSame ? 'the key is the expected one' : `the key is ${fingerprint}, expected ${expected}`);
  }
  return fingerprint;
}

/** The bytes of the model are those that were registered. */
function checkArtifacts(files, index, say) {
  const version = json(files, 'records/version.json');
  const wrong = version.files.filter(({ digest, size }) => {
    const found = files.get(`artifacts/${digest.slice('sha256:'.length)}`);
    return found === undefined || found.length !== size || sha256(found) !== digest;
  });
  const bundle = sha256(canonical(version.files.map(({ path, digest, size }) => ({ path, digest, size }))));
  const isSound = wrong.length === 0 && bundle === version.digest && index.artifacts === version.digest;
  say(
    'artifacts',
    isSound,
    isSound ? `the model's files are ${bundle}` : 'the model files are not those that were registered',
  );
}

/** One chain without a gap, each record holding the hash of the one before. */
function checkAudit(files, index, say) {
  const text = Buffer.from(files.get('audit/records.jsonl') ?? fail('audit/records.jsonl is missing')).toString('utf8');
  const records = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  const broken = records.findIndex((record, i) => {
    const before = records[i - 1];
    return (
      before !== undefined &&
      (record.prev !== leafHash(before) || record.seq !== before.seq + 1 || record.log !== before.log)
    );
  });
  const last = records.at(-1);
  const ends = last !== undefined && index.audit?.head === leafHash(last) && index.audit?.from === records[0].seq;
  const isSound = broken < 0 && ends;
  const message = isSound
    ? `records ${records[0].seq} to ${last.seq} of the log ${last.log} are one chain, head ${index.audit.head}`
    : `the chain of audit records is broken${broken < 0 ? ' at its end' : ` at record ${records[broken].seq}`}`;
  say('audit', isSound, message);
}

/** Who voted was somebody else than who asked, and for these very files; a promotion is in the audit trail. */
function checkApprovals(files, index, say) {
  const requests = json(files, 'records/approvals.json');
  const executed = requests.filter(({ closed }) => closed?.as === 'executed');
  const wrong = executed.filter(({ binding, votes, requestedBy, requiredApprovals }) => {
    const approvers = votes.filter(({ verdict }) => verdict === 'approve').map(({ by }) => by);
    const isDistinct = new Set(approvers).size === approvers.length && !approvers.includes(requestedBy);
    return binding.artifacts !== index.artifacts || !isDistinct || approvers.length < requiredApprovals;
  });
  const message =
    wrong.length === 0
      ? `${executed.length} executed requests are bound to the files in this pack`
      : `${wrong.length} requests are not bound to these files, or not approved by others`;
  say('approvals', wrong.length === 0, message);
  const entered = json(files, 'records/history.json').some(
    ({ kind, version, to }) => kind === 'stage_changed' && version === index.version && to === 'Production',
  );
  if (!entered) return;
  const text = Buffer.from(files.get('audit/records.jsonl')).toString('utf8').trim().split('\n');
  const recorded = text
    .map((line) => JSON.parse(line))
    .some(
      ({ action, decision, resource }) =>
        /\.(promote|rollback)$/.test(action) && decision === 'allow' && resource?.digest === index.artifacts,
    );
  say(
    'promotion',
    recorded,
    recorded
      ? 'the promotion of these files is in the audit trail'
      : 'no audit record tells of the promotion of these files',
  );
}

const isMain =
  process.argv[1] !== undefined && realpathSync(process.argv[1]) === realpathSync(fileURLToPath(import.meta.url));
if (isMain) {
  const [path, option, keyFingerprint] = process.argv.slice(2);
  if (
    path === undefined ||
    (option !== undefined && (option !== '--key-fingerprint' || keyFingerprint === undefined))
  ) {
    process.stderr.write('usage: node verify-evidence-pack.mjs PACK.tar [--key-fingerprint sha256:…]\n');
    process.exit(2);
  }
  let bytes;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    process.stderr.write(`${path} cannot be read: ${error.message}\n`);
    process.exit(2);
  }
  const { status, checks } = verifyEvidencePack(bytes, { keyFingerprint });
  for (const { check, passed, message } of checks) {
    // Control characters of a pack must not reach the terminal.
    const plain = message.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '?');
    process.stdout.write(`${passed ? 'ok    ' : 'FAILED'} ${check}: ${plain}\n`);
  }
  process.stdout.write(`${status}\n`);
  process.exit(status === 'ok' ? 0 : 1);
}
