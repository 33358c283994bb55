import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  AuditLog,
  type AuditRecord,
  type Checkpoint,
  type ContextOptions,
  ExperimentTracker,
  type JsonValue,
  ModelRegistry,
  type Storage,
  applyRetention,
  exportEvidence,
  verifyEvidencePack,
} from '@bondx/mlops';
import { signedBytes, toDigest } from '../../src/governance/audit/checkpoint.js';
import type { LogStart } from '../../src/governance/audit/log-start.js';
import { ProvingTree } from '../../src/governance/audit/proving-tree.js';
import { leafHash, leafOfRecord } from '../../src/governance/audit-record.js';
import { ConstantModel } from '../../src/models/constant-model.js';
import { createContext } from '../../src/runtime/context.js';
import type { KeyRing } from '../../src/keys/key-ring.js';
import { canonicalJson } from '../../src/util/json.js';
import { uuidSource } from '../../src/util/ids.js';
import { type World, createWorld, failure } from '../helpers.js';
import { forge, jsonOf, linesOf, rechain, runScript, textOf, toLines, unpack } from './pack-files.js';

const at = { modelName: 'spread', version: '1.0.0' } as const;
const dayMs = 86_400_000;
const kept = { regulatoryFrameworks: [], auditLogRetentionDays: 30 } as const;

interface Proof {
  readonly seq: number;
  readonly proof: readonly string[];
}
interface Signed {
  readonly checkpoint: Checkpoint;
  readonly publicKey: string;
}

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'evidence-proofs-'))));
afterAll(() => rmSync(folder, { recursive: true }));
const verify = (bytes: Uint8Array, ...more: string[]) => runScript(folder, bytes, ...more);

/** A store in which a version was registered and promoted, while others went about their business. */
interface Desk extends World {
  readonly registry: ModelRegistry;
  readonly audit: AuditLog;
  readonly keys: KeyRing;
  /** Records of others, two a run. */
  readonly others: (runs: number) => Promise<void>;
}

async function open(security: object = {}, more: ContextOptions = {}): Promise<Desk> {
  const world = createWorld({ security });
  const config = world.config;
  const options = { ...world.options, ...more };
  const tracker = new ExperimentTracker(config, options);
  const others = async (runs: number): Promise<void> => {
    for (let i = 0; i < runs; i++) await tracker.endRun(await tracker.startRun({ experimentName: 'other' }));
  };
  const registry = new ModelRegistry(config, options);
  const keys = await createContext(config, options).keys();
  await others(3);
  const said = { modelType: 'spread', featureColumns: ['x'], performanceMetrics: { r2_score: 0.5 } };
  await registry.register({ ...at, ...said, model: new ConstantModel(1) });
  await others(2);
  await registry.promoteModel({ ...at, targetStage: 'staging' });
  await others(1);
  await registry.promoteModel({ ...at, targetStage: 'production' });
  await others(2);
  return { ...world, options, registry, audit: new AuditLog(config, options), keys, others };
}

const exported = async ({ registry }: Desk): Promise<Uint8Array> => (await exportEvidence(registry, at)).bytes;
const recordsOf = (pack: Uint8Array): AuditRecord[] => linesOf(pack, 'audit/records.jsonl');
const proofsOf = (pack: Uint8Array): Proof[] => linesOf(pack, 'audit/proofs.jsonl');
const signedOf = (pack: Uint8Array): Signed => jsonOf(pack, 'audit/checkpoint.json') as Signed;

/** Lines of the script about what failed. */
const failed = (stdout: string): string[] => stdout.split('\n').filter((line) => line.startsWith('FAILED'));

let desk: Desk;
let pack: Uint8Array;
beforeEach(async () => {
  desk = await open();
  pack = await exported(desk);
});

/** The pack after its records were changed, with the chain made to fit. */
const withRecords = (records: readonly AuditRecord[], more: Record<string, string> = {}): Buffer =>
  forge(pack, { 'audit/records.jsonl': toLines(records), ...more });

describe('the audit records of an evidence pack', () => {
  it('are proved one by one to a checkpoint in the pack, by a script with nothing but Node', async () => {
    const { code, stdout } = await verify(pack);
    const [records, proofs] = [recordsOf(pack), proofsOf(pack)];
    expect(records.map(({ seq }) => seq)).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14]);
    expect(proofs.map(({ seq }) => seq)).toEqual([6, 11, 14]);
    expect(signedOf(pack).checkpoint.size).toBe(19);
    expect(stdout).toContain(
      'ok     proofs: 3 records about the version are proved to be in the log of the checkpoint, 6 between them by the chain',
    );
    expect(stdout).toMatch(/^ok {5}checkpoint: the checkpoint of the log \S+ at 19 is signed with [0-9a-f]{16}/m);
    expect(code).toBe(0);
    // The same proofs as the library's own.
    for (const { seq, proof } of proofs) {
      const record = records.find((one) => one.seq === seq)!;
      const { checkpoint } = signedOf(pack);
      expect(await desk.audit.verifyProof({ record, proof: proof as never, checkpoint })).toBe(true);
      expect((await desk.audit.prove(seq)).proof).toEqual(proof);
    }
  });

  it('take the newest checkpoint where it covers all of them, and make one where it does not', async () => {
    expect(signedOf(pack).checkpoint).toMatchObject({ size: 19, index: 0 });
    await desk.others(3);
    const second = await exported(desk); // the first export is a record about the version
    expect(signedOf(second).checkpoint).toMatchObject({ size: 26, index: 1 });
    const covering = await desk.audit.checkpoint();
    await desk.others(2);
    const third = await exported(desk);
    expect(signedOf(third).checkpoint).toEqual(covering);
    expect(covering).toMatchObject({ size: 27, index: 2 });
    for (const bytes of [second, third]) expect(await verify(bytes)).toMatchObject({ code: 0 });
  });

  it('do not trust a checkpoint whose key was revoked: one is made with the key that is active', async () => {
    const { keyId } = (await desk.audit.checkpoint())!;
    await desk.keys.service.rotate!('audit_checkpoint', desk.clock.now());
    await desk.keys.service.revoke!(keyId, 'lost', desk.clock.now());
    const again = await exported(desk);
    const active = await desk.keys.active('audit_checkpoint');
    expect(signedOf(again).checkpoint.keyId).toBe(active.id);
    expect(await verify(again)).toMatchObject({ code: 0 });
  });

  it('are not exported from a log that its checkpoint does not sign', async () => {
    const covered = (await desk.audit.checkpoint())!;
    const { entries } = await desk.storage.read('audit');
    const values = entries.map(({ value }) => value as unknown as AuditRecord);
    const other = rechain(values.with(2, { ...values[2]!, reason: 'never mind' }), 3);
    const { storage } = desk;
    const rewritten: Storage = {
      capabilities: storage.capabilities,
      get: (...args) => storage.get(...args),
      query: (...args) => storage.query(...args),
      read: async (stream, range) => {
        const page = await storage.read(stream, range);
        if (stream !== 'audit') return page;
        const values = page.entries.map(({ seq }) => ({ seq, value: other[seq] as unknown as JsonValue }));
        return { ...page, entries: values };
      },
      commit: (...args) => storage.commit(...args),
      close: () => storage.close(),
    };
    const registry = new ModelRegistry(desk.config, { ...desk.options, storage: rewritten, keys: desk.keys.service });
    expect(await failure(exportEvidence(registry, at))).toMatchObject({
      code: 'CORRUPT',
      message: expect.stringContaining(`its checkpoint at ${covered.size}`) as string,
    });
  });
});

describe('the script finds', () => {
  it('a record that was edited where it lies, and names it', async () => {
    const text = textOf(pack, 'audit/records.jsonl')!.replace('"decision":"allow"', '"decision":"error"');
    const { code, stdout } = await verify(forge(pack, { 'audit/records.jsonl': text }));
    expect(code).toBe(1);
    expect(failed(stdout).join()).toContain('broken at record 7, which does not follow record 6');
    expect(failed(stdout).join()).toContain('record 6 is not what the checkpoint signs at its place: it was altered');
  });

  it('the same in a pack that nobody signed anew', async () => {
    const { writeTar } = await import('../../src/compliance/evidence/write-tar.js');
    const altered = unpack(pack).map(({ path, bytes }) => {
      const text = Buffer.from(bytes).toString().replace('"action":"registry.promote"', '"action":"registry.comment"');
      return { path, bytes: path === 'audit/records.jsonl' ? Buffer.from(text) : bytes };
    });
    const { code, stdout } = await verify(writeTar(altered));
    expect(code).toBe(1);
    expect(failed(stdout).join()).toContain('files: audit/records.jsonl is missing or altered');
    expect(failed(stdout).join()).toContain('proofs: record 11 is not what the checkpoint signs');
  });

  it('a record that was edited, with the chain behind it made to fit', async () => {
    const records = recordsOf(pack);
    records[5] = { ...records[5]!, actor: { ...records[5]!.actor, id: 'mallory' } };
    const { code, stdout } = await verify(withRecords(rechain(records, 6)));
    expect(code).toBe(1);
    expect(failed(stdout)).toEqual([
      'FAILED proofs: record 11 is not what the checkpoint signs at its place: it, or one between it and record 6 was altered; ' +
        'record 14 is not what the checkpoint signs at its place: it, or one between it and record 6 was altered',
    ]);
  });

  it('a record of others that was edited, with the chain behind it made to fit', async () => {
    const records = recordsOf(pack);
    records[7] = { ...records[7]!, reason: 'nothing to see' };
    const { code, stdout } = await verify(withRecords(rechain(records, 8)));
    expect(code).toBe(1);
    expect(failed(stdout)).toEqual([
      'FAILED proofs: record 14 is not what the checkpoint signs at its place: it, or one between it and record 11 was altered',
    ]);
  });

  it.each([0, 3, 5, 8])('record %i of the pack removed, whether or not the chain was made to fit', async (i) => {
    const gap = recordsOf(pack).toSpliced(i, 1);
    const left = proofsOf(pack).filter(({ seq }) => seq !== 6 + i);
    const plain = await verify(withRecords(gap));
    expect(plain.code).toBe(1);
    if (i > 0 && i < 8) expect(failed(plain.stdout).join()).toContain(`broken at record ${7 + i}`);
    if (left.length < 3) expect(failed(plain.stdout).join()).toContain(`record ${6 + i} has a proof and is not there`);
    // Renumbered, and the proofs of what was removed taken out as well.
    if (i === 0) return; // what came before the first is not in the pack: it cannot be renumbered
    const renumbered = left.map(({ seq, proof }) => ({ seq: seq > 6 + i ? seq - 1 : seq, proof }));
    const fitted = await verify(withRecords(rechain(gap, i), { 'audit/proofs.jsonl': toLines(renumbered) }));
    expect(fitted.code).toBe(1);
    expect(failed(fitted.stdout).join()).toContain(
      i === 8 ? 'the last, has no proof' : 'is not what the checkpoint signs',
    );
  });

  it('two records that were swapped, whether or not the chain was made to fit', async () => {
    const records = recordsOf(pack);
    const swapped = records.with(0, records[5]!).with(5, records[0]!);
    const plain = await verify(withRecords(swapped));
    expect(plain.code).toBe(1);
    expect(failed(plain.stdout).join()).toContain('the chain of audit records is broken at record 7');
    const seqs = swapped.map((record, i) => ({ ...record, seq: 6 + i }));
    const fitted = await verify(withRecords(rechain(seqs, 1)));
    expect(fitted.code).toBe(1);
    expect(failed(fitted.stdout).join()).toContain('record 6 is not what the checkpoint signs at its place');
  });

  it.each<[string, (record: AuditRecord) => AuditRecord]>([
    ['a gap in the positions', (record) => ({ ...record, seq: record.seq + 1 })],
    ['another log', (record) => ({ ...record, log: 'another' })],
  ])('%s in a chain that is sound otherwise', async (_what, change) => {
    const records = recordsOf(pack);
    for (let i = 7; i < records.length; i++) {
      records[i] = change({ ...records[i]!, prev: leafHash(records[i - 1]!) });
    }
    const { code, stdout } = await verify(withRecords(records));
    expect(code).toBe(1);
    expect(failed(stdout).join()).toContain('audit: the chain of audit records is broken at record');
  });

  it.each<[string, (line: string) => string]>([
    ['white space', (line) => line.replace('":', '": ')],
    ['a key twice', (line) => line.replace('{', '{"action":"x",')],
    [
      'keys in another order',
      (line) => JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(line) as object).reverse())),
    ],
  ])('a record that is written with %s', async (_what, change) => {
    const text = textOf(pack, 'audit/records.jsonl')!;
    const [line] = text.split('\n');
    const { code, stdout } = await verify(forge(pack, { 'audit/records.jsonl': text.replace(line!, change(line!)) }));
    expect(code).toBe(1);
    expect(failed(stdout).join()).toContain('a line of audit/records.jsonl is not canonical JSON');
  });

  it('a record of another log', async () => {
    const other = await open({}, { ids: uuidSource });
    const [theirs] = recordsOf(await exported(other));
    const records = recordsOf(pack);
    const spliced = await verify(withRecords(records.with(0, theirs!)));
    expect(spliced.code).toBe(1);
    expect(failed(spliced.stdout).join()).toContain('broken at record 7');
    expect(failed(spliced.stdout).join()).toContain('record 6 is not what the checkpoint signs');
    // All of them, by themselves one chain with proofs of their own.
    const pair = await exported(other);
    const whole = await verify(
      withRecords(recordsOf(pair), { 'audit/proofs.jsonl': textOf(pair, 'audit/proofs.jsonl')! }),
    );
    expect(whole.code).toBe(1);
    expect(failed(whole.stdout).join()).toContain('is not what the checkpoint signs');
    const moved = { ...signedOf(pack).checkpoint, log: 'elsewhere' };
    const named = await verify(
      forge(pack, { 'audit/checkpoint.json': JSON.stringify({ ...signedOf(pack), checkpoint: moved }) }),
    );
    expect(failed(named.stdout).join()).toContain('of the log elsewhere, the pack holds record 14 of');
  });

  it.each<[string, (proofs: Proof[]) => unknown[], string]>([
    ['edited', ([a, ...rest]) => [{ ...a!, proof: a!.proof.with(0, a!.proof[1]!) }, ...rest], 'record 6 is not what'],
    ['cut', ([a, ...rest]) => [{ ...a!, proof: a!.proof.slice(1) }, ...rest], 'record 6 is not what'],
    ['longer', ([a, ...rest]) => [{ ...a!, proof: [...a!.proof, a!.proof[0]!] }, ...rest], 'record 6 is not what'],
    ['of another record', ([a, b, c]) => [{ ...a!, proof: b!.proof }, b, c], 'record 6 is not what'],
    [
      'of a record that is not there',
      ([a, ...rest]) => [{ ...a!, seq: 5 }, ...rest],
      'record 5 has a proof and is not',
    ],
    ['twice', ([a, ...rest]) => [a, a, ...rest], 'record 6 has two proofs'],
    ['missing for the last', (proofs) => proofs.slice(0, -1), 'record 14, the last, has no proof'],
    ['no digest', ([a, ...rest]) => [{ ...a!, proof: ['sha256:00'] }, ...rest], 'sha256:00 is no digest'],
    ['nonsense', ([, ...rest]) => [{ seq: '6', proof: [] }, ...rest], 'is no proof'],
  ])('a proof that is %s', async (_what, change, said) => {
    const { code, stdout } = await verify(forge(pack, { 'audit/proofs.jsonl': toLines(change(proofsOf(pack))) }));
    expect(code).toBe(1);
    expect(failed(stdout).join()).toContain(said);
  });

  it('fewer proofs than the index says', async () => {
    const { code, stdout } = await verify(
      forge(pack, { 'audit/proofs.jsonl': toLines(proofsOf(pack).slice(1)) }, { concerned: 3 }),
    );
    expect(code).toBe(1);
    expect(failed(stdout)).toEqual(['FAILED proofs: 2 records have a proof, the index says 3']);
  });
});

describe('the checkpoint of an evidence pack', () => {
  /** History written anew, with a root, proofs and a signature that fit it, by another key. */
  function rewritten(publishKey: boolean): Buffer {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const records = recordsOf(pack);
    const changed = rechain(records.with(5, { ...records[5]!, reason: 'approved by all' }), 6);
    const tree = new ProvingTree();
    for (let i = 0; i < 6; i++) tree.add(leafOfRecord({ i }), false); // who knows what was before?
    const wanted = new Set(proofsOf(pack).map(({ seq }) => seq));
    for (const record of changed) tree.add(leafOfRecord(record as unknown as JsonValue), wanted.has(record.seq));
    const { size, root, proofs } = tree.seal();
    const { checkpoint, publicKey: known } = signedOf(pack);
    const body = { ...checkpoint, size, root: toDigest(root) };
    const signature = sign(null, signedBytes(body), privateKey).toString('base64');
    const key = publishKey ? (publicKey.export({ type: 'spki', format: 'pem' }) as string) : known;
    return forge(pack, {
      'audit/records.jsonl': toLines(changed),
      'audit/proofs.jsonl': toLines([...proofs].map(([seq, hashes]) => ({ seq, proof: hashes.map(toDigest) }))),
      'audit/checkpoint.json': JSON.stringify({ checkpoint: { ...body, signature }, publicKey: key }),
    });
  }

  it('that is signed with another key does not fit the public key in the pack', async () => {
    const { code, stdout } = await verify(rewritten(false));
    expect(code).toBe(1);
    expect(failed(stdout)).toEqual([
      'FAILED checkpoint: the signature does not fit audit/checkpoint.json: it was altered, or signed with another key',
    ]);
  });

  it('that brings another key along is found by who knows the fingerprint, of which there may be several', async () => {
    const { checkpointKeyFingerprint } = await verifyEvidencePack(pack);
    const option = ['--checkpoint-key-fingerprint', checkpointKeyFingerprint!];
    const forged = rewritten(true);
    expect((await verify(forged)).code).toBe(0); // by itself it cannot know
    const { code, stdout } = await verify(forged, ...option);
    expect(code).toBe(1);
    expect(failed(stdout).join()).toMatch(/checkpoint key: the key is sha256:\w{64}, expected sha256:\w{64}$/);
    const older = ['--checkpoint-key-fingerprint', `sha256:${'0'.repeat(64)}`];
    expect((await verify(pack, ...older)).code).toBe(1);
    expect((await verify(pack, ...older, ...option)).code).toBe(0);
    expect((await verify(pack, '--checkpoint-key-fingerprint')).code).toBe(2);
    expect((await verify(pack, '--key', 'sha256:')).code).toBe(2);
  });

  it.each<[string, (signed: Signed) => unknown]>([
    ['another time', ({ checkpoint }) => ({ ...checkpoint, time: '2020-01-01T00:00:00.000Z' })],
    ['another size', ({ checkpoint }) => ({ ...checkpoint, size: checkpoint.size + 1 })],
    ['another root', ({ checkpoint }) => ({ ...checkpoint, root: `sha256:${'0'.repeat(64)}` })],
    ['another field', ({ checkpoint }) => ({ ...checkpoint, more: true })],
    ['a key of another kind', ({ checkpoint }) => checkpoint],
  ])('with %s is refused', async (what, change) => {
    const signed = signedOf(pack);
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = what.includes('key') ? publicKey.export({ type: 'spki', format: 'pem' }) : signed.publicKey;
    const text = JSON.stringify({ checkpoint: change(signed), publicKey: key });
    const { code, stdout } = await verify(forge(pack, { 'audit/checkpoint.json': text }));
    expect(code).toBe(1);
    expect(failed(stdout).join()).toContain('checkpoint: the signature does not fit audit/checkpoint.json');
  });

  it.each<[string, 'ed25519' | 'ec', number, string]>([
    ['more records than its root has', 'ed25519', 40, 'proofs: record 6 is not what the checkpoint signs'],
    ['fewer records than its root has', 'ed25519', 15, 'proofs: record 6 is not what the checkpoint signs'],
    ['a key of another kind', 'ec', 19, 'checkpoint: the signature does not fit'],
  ])('that was signed anew for %s is refused', async (_what, kind, size, said) => {
    const { privateKey, publicKey } =
      kind === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
    const body = { ...signedOf(pack).checkpoint, size };
    const signature = sign(kind === 'ec' ? 'sha256' : null, signedBytes(body), privateKey).toString('base64');
    const signed = { checkpoint: { ...body, signature }, publicKey: publicKey.export({ type: 'spki', format: 'pem' }) };
    const { code, stdout } = await verify(forge(pack, { 'audit/checkpoint.json': JSON.stringify(signed) }));
    expect(code).toBe(1);
    expect(failed(stdout).join()).toContain(said);
  });

  it('that is genuine and older than the records is not one of them', async () => {
    const old = await open({ checkpointInterval: 8 });
    const [first] = (await old.storage.read('audit.checkpoints')).entries;
    const bytes = await exported(old);
    const { frontier: _frontier, ...checkpoint } = first!.value as unknown as Checkpoint & { frontier: unknown };
    const text = JSON.stringify({ ...signedOf(bytes), checkpoint });
    const { code, stdout } = await verify(forge(bytes, { 'audit/checkpoint.json': text }));
    expect(code).toBe(1);
    expect(stdout).toContain('ok     checkpoint: the checkpoint of the log id-000003 at 8 is signed with');
    expect(failed(stdout).join()).toContain(
      'covers 8 records of the log id-000003, the pack holds record 14 of id-000003',
    );
    expect(failed(stdout).join()).toContain('proofs: record 6 is not what the checkpoint signs');
  });

  it('that is not there is missed, and so are the proofs', async () => {
    const bare = await verify(forge(pack, { 'audit/checkpoint.json': null }));
    expect(bare.stdout).toContain('FAILED readable: audit/checkpoint.json is missing');
    const unproved = await verify(forge(pack, { 'audit/proofs.jsonl': null }));
    expect(unproved.stdout).toContain('FAILED proofs: record 14, the last, has no proof');
    expect([bare.code, unproved.code]).toEqual([1, 1]);
  });
});

describe('the evidence pack of a log whose oldest records were removed', () => {
  /** A version that was promoted long ago and archived since; only younger records are left. */
  async function aged(runs = 0, more: ContextOptions = {}): Promise<Desk> {
    const old = await open(kept, more);
    await old.registry.promoteModel({ ...at, targetStage: 'archived' });
    old.clock.advance(40 * dayMs);
    await old.others(runs);
    await old.registry.describeVersion({ ...at, description: 'kept' });
    await old.others(2);
    expect((await applyRetention(old.config, old.options)).audit.records).toBe(20);
    return old;
  }

  it('proves what is left in the same tree, and says what was removed', async () => {
    const old = await aged();
    const bytes = await exported(old);
    expect(recordsOf(bytes)[0]!.seq).toBe(20);
    const { code, stdout } = await verify(bytes);
    expect(failed(stdout)).toEqual([]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ok {5}start: the start of the log \S+ at 20 is signed with/m);
    expect(stdout).toMatch(
      /^ok {5}removed: 20 records from before \S+ were removed on \S+, as their retention allows$/m,
    );
    expect(stdout).toContain('ok     promotion: the promotion of these files is older than the audit trail');
  });

  it('shows a start that was altered, made up, or left out', async () => {
    const bytes = await exported(await aged());
    const { start, publicKey } = jsonOf(bytes, 'audit/start.json') as { start: object; publicKey: string };
    for (const change of [{ size: 19 }, { before: '2030-01-01T00:00:00.000Z' }, { log: 'another' }]) {
      const text = JSON.stringify({ start: { ...start, ...change }, publicKey });
      const { code, stdout } = await verify(forge(bytes, { 'audit/start.json': text }));
      expect(code).toBe(1);
      expect(failed(stdout).join()).toContain('start: the signature does not fit audit/start.json');
    }
    // A checkpoint is no start, whoever signed it.
    const { checkpoint } = signedOf(bytes);
    const text = JSON.stringify({ start: { ...checkpoint, before: '2030-01-01T00:00:00.000Z', head: 'x' }, publicKey });
    expect(failed((await verify(forge(bytes, { 'audit/start.json': text }))).stdout).join()).toContain('start: ');
    const without = await verify(forge(bytes, { 'audit/start.json': null }));
    expect(failed(without.stdout)).toEqual(['FAILED promotion: no audit record tells of the promotion of these files']);
  });

  it('is sound where others came between the start and the first record of the version', async () => {
    const bytes = await exported(await aged(1));
    expect(recordsOf(bytes)[0]!.seq).toBe(22);
    expect(await verify(bytes)).toMatchObject({ code: 0 });
  });

  it('begins with the record that follows what was removed', async () => {
    const bytes = await exported(await aged());
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const { start } = jsonOf(bytes, 'audit/start.json') as { start: LogStart };
    const { signature: _signature, frontier, ...body } = { ...start, head: `sha256:${'0'.repeat(64)}` as const };
    const said = Buffer.from(`bondx-mlops audit start\n${canonicalJson(body)}`);
    const signed = { ...body, frontier, signature: sign(null, said, privateKey).toString('base64') };
    const text = JSON.stringify({ start: signed, publicKey: publicKey.export({ type: 'spki', format: 'pem' }) });
    const { stdout } = await verify(forge(bytes, { 'audit/start.json': text }));
    expect(stdout).toContain('ok     start: ');
    expect(failed(stdout)).toEqual([expect.stringContaining('FAILED removed: ')]);
  });

  it('holds no record from before the start that it tells of', async () => {
    const old = await open(kept);
    await old.registry.promoteModel({ ...at, targetStage: 'archived' });
    const before = await exported(old);
    old.clock.advance(40 * dayMs);
    await old.registry.describeVersion({ ...at, description: 'kept' });
    await applyRetention(old.config, old.options);
    const start = textOf(await exported(old), 'audit/start.json')!;
    const { code, stdout } = await verify(forge(before, { 'audit/start.json': start }));
    expect(code).toBe(1);
    expect(failed(stdout)).toEqual([
      'FAILED removed: the log id-000003 begins with record 21, and the pack holds record 6 of id-000003, which does not follow',
    ]);
  });

  it('does not take the start of another log for its own', async () => {
    const old = await aged(1);
    const other = await aged(0, { ids: uuidSource, keys: old.keys.service });
    const bytes = await exported(old);
    const start = textOf(await exported(other), 'audit/start.json')!;
    const { code, stdout } = await verify(forge(bytes, { 'audit/start.json': start }));
    expect(code).toBe(1);
    expect(failed(stdout)).toEqual([expect.stringMatching(/^FAILED removed: the log \S+ begins with record 20, and/)]);
  });

  it('does not take the start of a log for a promotion that nobody recorded since', async () => {
    const bytes = await exported(await aged());
    const history = jsonOf(bytes, 'records/history.json') as { kind: string; to: string; at: string }[];
    const promoted = history.find(({ to }) => to === 'Production')!;
    const late = [...history, { ...promoted, at: new Date(Date.UTC(2026, 1, 9)).toISOString() }];
    const { code, stdout } = await verify(forge(bytes, { 'records/history.json': JSON.stringify(late) }));
    expect(code).toBe(1);
    expect(failed(stdout).join()).toContain('promotion: no audit record tells of the promotion');
  });

  it('with no record about the version left is sound, and says so', async () => {
    const old = await open(kept);
    await old.registry.promoteModel({ ...at, targetStage: 'archived' });
    old.clock.advance(40 * dayMs);
    await applyRetention(old.config, old.options);
    const bytes = await exported(old);
    expect(textOf(bytes, 'audit/records.jsonl')).toBe('');
    const { code, stdout } = await verify(bytes);
    expect(stdout).toContain('ok     audit: the pack holds no audit record: older ones were removed');
    expect(failed(stdout)).toEqual([]);
    expect(code).toBe(0);
  });
});
