import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AuditRecord, type JsonValue, ModelRegistry, type Storage, exportEvidence } from '@bondx/mlops';
import { leafHash } from '../../src/governance/audit-record.js';
import { uuidSource } from '../../src/util/ids.js';
import { failure } from '../helpers.js';
import { type Desk, type Proof, at, exported, failed, open, proofsOf, recordsOf, signedOf } from './desk.js';
import { forge, rechain, runScript, textOf, toLines, unpack } from './pack-files.js';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'evidence-proofs-'))));
afterAll(() => rmSync(folder, { recursive: true }));
const verify = (bytes: Uint8Array, ...more: string[]) => runScript(folder, bytes, ...more);

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
