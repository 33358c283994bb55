#!/usr/bin/env node
/**
 * Verifies an evidence pack with nothing but Node itself: that no file is missing, added or altered, that the index is
 * signed, that the audit records form one chain and are proved to be in the log that a signed checkpoint covers (RFC 9162), and
 * that approvals are bound to the files in the pack.
 *
 *     node verify-evidence-pack.mjs PACK.tar [--key-fingerprint sha256:…] [--checkpoint-key-fingerprint sha256:…]…
 *
 * Use a copy that you had before: one that comes with a pack could have been altered with it. The same holds for the public
 * keys: compare their fingerprints with those that you were given another way. Exit code 0: sound; 1: not; 2: cannot be read.
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
    if (bytes.subarray(from + size, at).some((byte) => byte !== 0)) fail(`something is hidden behind ${name}`);
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

const hashOf = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
/** RFC 9162, 2.1.1: nothing is a leaf and a node at once. */
const leafOf = (line) => hashOf(Buffer.of(0), line);
const nodeOf = (left, right) => hashOf(Buffer.of(1), left, right);
const digestOf = (hash) => `sha256:${hash.toString('hex')}`;

/** The hash of a digest, 32 bytes. */
const hashIn = (digest) =>
  /^sha256:[0-9a-f]{64}$/.test(digest) ? Buffer.from(digest.slice(7), 'hex') : fail(`${digest} is no digest`);

function json(files, path) {
  const bytes = files.get(path) ?? fail(`${path} is missing`);
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return fail(`${path} is not JSON`);
  }
}

/** The lines of a file, one at a time: all of them may be more than fits into a string. */
function* linesOf(files, path) {
  const file = files.get(path) ?? fail(`${path} is missing`);
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(10, from);
    if (end < 0) fail(`${path} is cut off`);
    yield bytes.subarray(from, end).toString('utf8');
    from = end + 1;
  }
}

/** @returns {any} what a line says, which must be written in the one canonical way */
function parsed(line, path) {
  let value;
  try {
    value = JSON.parse(line);
  } catch {
    fail(`a line of ${path} is not JSON`);
  }
  return canonical(value) === line ? value : fail(`a line of ${path} is not canonical JSON: ${line.slice(0, 200)}`);
}

/**
 * @param {Uint8Array} bytes of the archive
 * @param {{ keyFingerprint?: string, checkpointKeyFingerprints?: readonly string[] }} [options] of the keys that index and
 *   checkpoints must be signed with: `sha256:` and the digest of the public key (SPKI, DER)
 * @returns {{ status: 'ok' | 'failed', checks: { check: string, passed: boolean, message: string }[], keyFingerprint?: string,
 *   checkpointKeyFingerprint?: string }}
 */
export function verifyEvidencePack(bytes, options = {}) {
  const checks = [];
  const say = (check, passed, message) => void checks.push({ check, passed, message });
  let keyFingerprint, checkpointKeyFingerprint;
  try {
    const files = readTar(bytes);
    const index = json(files, 'index.json');
    if (index?.format !== 'bondx-evidence-pack/1' || !Array.isArray(index.files))
      fail('index.json is of another format');
    checkFiles(files, index, say);
    keyFingerprint = checkIndexSignature(files, options.keyFingerprint, say);
    const isUntouched = checks.every(({ passed }) => passed);
    if (isUntouched) checkArtifacts(files, index, say);
    // Of a pack that was altered as well, so that it is said which records were.
    const trail = readTrail(files, index);
    checkChain(trail, index, say);
    checkpointKeyFingerprint = checkProofs(files, trail, index, options.checkpointKeyFingerprints, say);
    if (isUntouched) checkApprovals(files, index, trail, say);
  } catch (error) {
    // Whatever a pack holds, it must not stop whoever looks at it.
    say('readable', false, error instanceof Error ? error.message : String(error));
  }
  const status = checks.length > 0 && checks.every(({ passed }) => passed) ? 'ok' : 'failed';
  return {
    status,
    checks,
    ...(keyFingerprint !== undefined && { keyFingerprint }),
    ...(checkpointKeyFingerprint !== undefined && { checkpointKeyFingerprint }),
  };
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

/**
 * What the audit trail in the pack consists of.
 *
 * @returns {{ first?: any, last?: any, head?: string, count: number, broken?: string, leaves: Map<number, Buffer>,
 *   proofs: Map<number, readonly string[]>, entries: number, start?: any, startKey?: string }} `leaves`: hashes of the records
 *   that have a proof; `broken`: where the chain is; `entries`: records of these files entering production
 */
function readTrail(files, index) {
  const hasProofs = files.has('audit/proofs.jsonl');
  const proofs = new Map();
  for (const line of hasProofs ? linesOf(files, 'audit/proofs.jsonl') : []) {
    const { seq, proof } = parsed(line, 'audit/proofs.jsonl');
    if (!Number.isSafeInteger(seq) || seq < 0 || !Array.isArray(proof))
      fail('a line of audit/proofs.jsonl is no proof');
    if (proofs.has(seq)) fail(`record ${seq} has two proofs`);
    proofs.set(seq, proof);
  }
  const trail = { count: 0, proofs, leaves: new Map(), entries: 0 };
  for (const line of linesOf(files, 'audit/records.jsonl')) {
    const record = parsed(line, 'audit/records.jsonl');
    const { last, head } = trail;
    const follows =
      last === undefined || (record.prev === head && record.seq === last.seq + 1 && record.log === last.log);
    if (!follows) trail.broken ??= ` at record ${record.seq}, which does not follow record ${last.seq} of ${last.log}`;
    const leaf = leafOf(line);
    if (proofs.has(record.seq)) trail.leaves.set(record.seq, leaf);
    if (isEntry(record, index)) trail.entries++;
    trail.first ??= record;
    Object.assign(trail, { last: record, head: digestOf(leaf), count: trail.count + 1 });
  }
  if (!files.has('audit/start.json')) return trail;
  const { start, publicKey } = json(files, 'audit/start.json');
  return { ...trail, start, startKey: publicKey };
}

/** Whether a record tells that the files of the pack entered production: by promotion, as a canary, or by a rollback. */
function isEntry({ action, decision, resource, detail }, { modelName, version, artifacts }) {
  if (decision !== 'allow') return false;
  if (action === 'canary.promote') {
    const { modelName: model, candidateVersion, candidateDigest } = detail ?? {};
    return model === modelName && candidateVersion === version && candidateDigest === artifacts;
  }
  const isOfFiles = resource?.id === modelName && resource.version === version && resource.digest === artifacts;
  return (
    isOfFiles && (action === 'registry.rollback' || (action === 'registry.promote' && detail?.to === 'Production'))
  );
}

/** One chain without a gap, each record holding the hash of the one before. */
function checkChain({ first, last, head, broken, start }, { audit }, say) {
  if (first === undefined) {
    const message = 'the pack holds no audit record';
    return say(
      'audit',
      start !== undefined && audit === undefined,
      start ? `${message}: older ones were removed` : message,
    );
  }
  const ends = audit?.head === head && audit.from === first.seq;
  const isSound = broken === undefined && ends;
  const message = isSound
    ? `records ${first.seq} to ${last.seq} of the log ${last.log} are one chain, head ${audit.head}`
    : `the chain of audit records is broken${broken ?? ' at its end'}`;
  say('audit', isSound, message);
}

/** Records are in the log that a checkpoint signs: each about the version by a proof, those between by the chain to the next. */
function checkProofs(files, trail, index, expected, say) {
  let fingerprint;
  if (trail.first !== undefined) {
    const { checkpoint, publicKey } = json(files, 'audit/checkpoint.json');
    fingerprint = checkSigned('checkpoint', checkpoint, publicKey, trail, expected, say);
    const { size, root } = checkpoint;
    const said = `the checkpoint covers ${size} records of the log ${checkpoint.log}`;
    const isOfLog = checkpoint.log === trail.last.log && Number.isSafeInteger(size) && size > trail.last.seq;
    if (!isOfLog) say('checkpoint', false, `${said}, the pack holds record ${trail.last.seq} of ${trail.last.log}`);
    checkInclusion(trail, { size, root: hashIn(root) }, index.audit, say);
  }
  if (trail.start === undefined) return fingerprint;
  checkSigned('start', trail.start, trail.startKey, trail, expected, say);
  const { log, size, head, before, time } = trail.start;
  const { first } = trail;
  const follows = first === undefined || first.seq > size || (first.seq === size && first.prev === head);
  const fits = follows && (first === undefined || first.log === log);
  say(
    'removed',
    fits,
    fits
      ? `${size} records from before ${before} were removed on ${time}, as their retention allows`
      : `the log ${log} begins with record ${size}, and the pack holds record ${first.seq} of ${first.log}, which does not follow`,
  );
  return fingerprint;
}

/** Only what the key of checkpoints signed as this very thing. */
function checkSigned(what, { signature, frontier: _frontier, ...body }, publicKey, trail, expected, say) {
  let [isValid, fingerprint] = [false, undefined];
  try {
    const key = createPublicKey(publicKey);
    fingerprint = sha256(key.export({ type: 'spki', format: 'der' }));
    const bytes = Buffer.from(`bondx-mlops audit ${what}\n${canonical(body)}`, 'utf8');
    isValid =
      key.asymmetricKeyType === 'ed25519' && verifySignature(null, bytes, key, Buffer.from(signature, 'base64'));
  } catch {
    isValid = false;
  }
  say(
    what,
    isValid,
    isValid
      ? `the ${what} of the log ${body.log} at ${body.size} is signed with ${body.keyId}, fingerprint ${fingerprint}`
      : `the signature does not fit audit/${what}.json: it was altered, or signed with another key`,
  );
  if (expected !== undefined && expected.length > 0) {
    const isSame = expected.includes(fingerprint);
    say(
      `${what} key`,
      isSame,
      isSame ? 'the key is an expected one' : `the key is ${fingerprint}, expected ${expected.join(' or ')}`,
    );
  }
  return fingerprint;
}

function checkInclusion({ proofs, leaves, last, count }, tree, audit, say) {
  const wrong = [];
  let sound; // position of the last record that is proved
  for (const [seq, proof] of [...proofs].sort(([a], [b]) => a - b)) {
    const leaf = leaves.get(seq);
    if (leaf === undefined) wrong.push(`record ${seq} has a proof and is not there`);
    else if (isIncluded(leaf, seq, proof.map(hashIn), tree)) sound = seq;
    else {
      const since = sound === undefined || sound === seq - 1 ? '' : `, or one between it and record ${sound}`;
      wrong.push(`record ${seq} is not what the checkpoint signs at its place: it${since} was altered`);
    }
  }
  if (!proofs.has(last.seq)) wrong.push(`record ${last.seq}, the last, has no proof`);
  if (proofs.size !== audit?.concerned)
    wrong.push(`${proofs.size} records have a proof, the index says ${audit?.concerned}`);
  const more = wrong.length > 10 ? [`and ${wrong.length - 10} more`] : [];
  say(
    'proofs',
    wrong.length === 0,
    wrong.length === 0
      ? `${proofs.size} records about the version are proved to be in the log of the checkpoint, ${count - proofs.size} between them by the chain`
      : [...wrong.slice(0, 10), ...more].join('; '),
  );
}

/** RFC 9162, 2.1.3.2. */
function isIncluded(leaf, index, proof, { size, root }) {
  if (index >= size) return false;
  let [fn, sn, node] = [index, size - 1, leaf];
  const up = () => ([fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)]);
  for (const sibling of proof) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      node = nodeOf(sibling, node);
      while (fn % 2 === 0 && fn !== 0) up();
    } else node = nodeOf(node, sibling);
    up();
  }
  return sn === 0 && node.equals(root);
}

/** Who voted was somebody else than who asked, and for these very files; a promotion is in the audit trail. */
function checkApprovals(files, index, { entries, start }, say) {
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
  const entered = json(files, 'records/history.json').filter(
    ({ kind, version, to }) => kind === 'stage_changed' && version === index.version && to === 'Production',
  );
  if (entered.length === 0) return;
  // The start was verified: nothing that is younger has been removed.
  const due = entered.filter(({ at }) => start === undefined || !(Date.parse(at) < Date.parse(start.before))).length;
  const told =
    entries > 0
      ? `of ${due} times that these files entered production the audit trail tells of ${entries}`
      : 'no audit record tells of the promotion of these files';
  const sound =
    entries > 0
      ? 'the promotion of these files is in the audit trail'
      : `the promotion of these files is older than the audit trail, which begins after ${start?.before}`;
  say('promotion', entries >= due, entries >= due ? sound : told);
}

const isMain =
  process.argv[1] !== undefined && realpathSync(process.argv[1]) === realpathSync(fileURLToPath(import.meta.url));
if (isMain) {
  const [path, ...rest] = process.argv.slice(2);
  const given = { keyFingerprint: undefined, checkpointKeyFingerprints: [] };
  let isUnderstood = path !== undefined && rest.length % 2 === 0;
  for (let i = 0; i < rest.length; i += 2) {
    if (rest[i] === '--checkpoint-key-fingerprint') given.checkpointKeyFingerprints.push(rest[i + 1]);
    else if (rest[i] === '--key-fingerprint' && given.keyFingerprint === undefined) given.keyFingerprint = rest[i + 1];
    else isUnderstood = false;
  }
  if (!isUnderstood) {
    process.stderr.write(
      'usage: node verify-evidence-pack.mjs PACK.tar [--key-fingerprint sha256:…] [--checkpoint-key-fingerprint sha256:…]…\n',
    );
    process.exit(2);
  }
  let bytes;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    process.stderr.write(`${path} cannot be read: ${error.message}\n`);
    process.exit(2);
  }
  const { status, checks } = verifyEvidencePack(bytes, given);
  for (const { check, passed, message } of checks) {
    // Control characters of a pack must not reach the terminal.
    const plain = message.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '?');
    process.stdout.write(`${passed ? 'ok    ' : 'FAILED'} ${check}: ${plain}\n`);
  }
  process.stdout.write(`${status}\n`);
  process.exit(status === 'ok' ? 0 : 1);
}
