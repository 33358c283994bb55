import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Checkpoint, type ContextOptions, type JsonValue, applyRetention, verifyEvidencePack } from '@bondx/mlops';
import { signedBytes } from '../../src/governance/audit/checkpoint.js';
import type { LogStart } from '../../src/governance/audit/log-start.js';
import { ProvingTree } from '../../src/governance/audit/proving-tree.js';
import { leafOfRecord } from '../../src/governance/audit-record.js';
import { uuidSource } from '../../src/util/ids.js';
import { canonicalJson } from '../../src/util/json.js';
import { type Desk, type Signed, at, exported, failed, open, proofsOf, recordsOf, signedOf } from './desk.js';
import { forge, jsonOf, rechain, runScript, textOf, toLines } from './pack-files.js';

const dayMs = 86_400_000;
const kept = { regulatoryFrameworks: [], auditLogRetentionDays: 30 } as const;

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'evidence-checkpoint-'))));
afterAll(() => rmSync(folder, { recursive: true }));
const verify = (bytes: Uint8Array, ...more: string[]) => runScript(folder, bytes, ...more);

let pack: Uint8Array;
beforeEach(async () => {
  pack = await exported(await open());
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
    const body = { ...checkpoint, size, root };
    const signature = sign(null, signedBytes(body), privateKey).toString('base64');
    const key = publishKey ? (publicKey.export({ type: 'spki', format: 'pem' }) as string) : known;
    return forge(pack, {
      'audit/records.jsonl': toLines(changed),
      'audit/proofs.jsonl': toLines([...proofs].map(([seq, hashes]) => ({ seq, proof: hashes }))),
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
