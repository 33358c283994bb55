import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditLog, type AuditRecord, type Checkpoint, ExperimentTracker, type JsonValue } from '@bondx/mlops';
import { type CheckpointJudge, judgeByKeys, signCheckpoint } from '../../../src/governance/audit/checkpoint.js';
import { verifyExport } from '../../../src/governance/audit/export-log.js';
import { verifyProof } from '../../../src/governance/audit/prove-record.js';
import { type LogToVerify, verifyLog } from '../../../src/governance/audit/verify-log.js';
import { leafHash } from '../../../src/governance/audit-record.js';
import { auditStream } from '../../../src/governance/audit/log-start.js';
import { LocalKeyService } from '../../../src/keys/local-key-service.js';
import { ephemeralKeys } from '../../../src/keys/key-sources.js';
import { KeyRing } from '../../../src/keys/key-ring.js';
import { createContext } from '../../../src/runtime/context.js';
import { createWorld, failure } from '../../helpers.js';

/** A log of 34 records with checkpoints at 10, 20 and 30, the first two of which are kept elsewhere as well. */
async function honestLog(firstId = 0) {
  const { config, options, storage, clock } = createWorld({ security: { checkpointInterval: 10 } });
  for (let i = 0; i < firstId; i++) options.ids!.next();
  const tracker = new ExperimentTracker(config, options);
  for (let i = 0; i < 17; i++) {
    clock.advance(1000);
    await tracker.endRun(await tracker.startRun({ experimentName: `e${i}` }));
  }
  const values = async (stream: string) => (await storage.read(stream)).entries.map(({ value }) => value);
  const records = (await values(auditStream)) as unknown as AuditRecord[];
  const checkpoints = (await values('audit.checkpoints')) as unknown as Checkpoint[];
  const keys = await createContext(config, options).keys();
  return { config, options, storage, clock, records, checkpoints, anchors: checkpoints.slice(0, 2), keys };
}

type Log = Awaited<ReturnType<typeof honestLog>>;
let honest: Log;
let other: Log;
let folder: string;
beforeAll(async () => {
  [honest, other] = [await honestLog(), await honestLog(1000)];
  folder = await mkdtemp(join(tmpdir(), 'bondx-audit-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Case {
  readonly records: readonly unknown[];
  readonly checkpoints: readonly Checkpoint[];
  readonly anchors: readonly Checkpoint[];
  readonly judge?: CheckpointJudge;
  readonly interval?: number;
}

const verify = ({ records, judge = judgeByKeys(honest.keys), ...rest }: Case) => {
  async function* source(): LogToVerify['records'] extends AsyncIterable<infer T> ? AsyncGenerator<T> : never {
    for (const [seq, value] of records.entries()) yield { seq, value: value as JsonValue };
  }
  return verifyLog({ records: source(), judge, ...rest });
};

/** Makes a chain that is sound by itself of whatever the records say: what whoever can write to the store can do. */
function rehash(records: readonly AuditRecord[]): AuditRecord[] {
  const chained: AuditRecord[] = [];
  for (const [seq, record] of records.entries()) {
    chained.push({ ...record, seq, prev: seq === 0 ? record.prev : leafHash(chained[seq - 1]!) });
  }
  return chained;
}

const edited = (record: AuditRecord): AuditRecord => ({ ...record, actor: { ...record.actor, id: 'mallory' } });
const resigned = async (checkpoint: Checkpoint, changes: Partial<Checkpoint>): Promise<Checkpoint> =>
  signCheckpoint(honest.keys, { ...checkpoint, ...changes });

describe('an attack on the audit log', () => {
  it('is none: the log verifies, up to where a checkpoint vouches', async () => {
    expect(honest.records).toHaveLength(34);
    expect(honest.checkpoints.map(({ size, index }) => [size, index])).toEqual([
      [10, 0],
      [20, 1],
      [30, 2],
    ]);
    expect(await verify(honest)).toEqual({
      status: 'ok',
      records: 34,
      head: leafHash(honest.records[33]!),
      anchored: { size: 30, time: honest.checkpoints[2]!.time, keyId: honest.checkpoints[2]!.keyId },
    });
  });

  const attacks: [string, (log: Log) => Partial<Case> | Promise<Partial<Case>>, string, number | undefined][] = [
    ['an edited byte', ({ records: r }) => ({ records: r.with(14, edited(r[14]!)) }), 'corrupt', 15],
    ['a deleted first record', ({ records: r }) => ({ records: r.slice(1) }), 'corrupt', 0],
    ['a deleted middle record', ({ records: r }) => ({ records: r.toSpliced(14, 1) }), 'corrupt', 14],
    ['two swapped records', ({ records: r }) => ({ records: r.with(14, r[15]!).with(15, r[14]!) }), 'corrupt', 14],
    ['a duplicated record', ({ records: r }) => ({ records: r.toSpliced(14, 0, r[14]!) }), 'corrupt', 15],
    ['an inserted record', ({ records: r }) => ({ records: r.toSpliced(14, 0, edited(r[3]!)) }), 'corrupt', 14],
    ['a record of another log', ({ records: r }) => ({ records: r.with(14, other.records[14]!) }), 'corrupt', 14],
    [
      'an edit, renumbered and rehashed',
      ({ records: r }) => ({ records: rehash(r.with(14, edited(r[14]!))) }),
      'forked',
      10,
    ],
    ['a deletion, rehashed', ({ records: r }) => ({ records: rehash(r.toSpliced(22, 1)) }), 'forked', 20],
    [
      'a rewrite before the first checkpoint',
      ({ records: r }) => ({ records: rehash(r.with(0, edited(r[0]!))) }),
      'forked',
      0,
    ],
    [
      'two histories of one size',
      ({ records: r }) => ({ records: rehash(r.with(25, edited(r[25]!))).slice(0, 30) }),
      'forked',
      20,
    ],
    ['the whole of another log', () => ({ records: other.records }), 'forked', 0],
    ['a tail cut before the last checkpoint', ({ records: r }) => ({ records: r.slice(0, 28) }), 'truncated', 28],
    ['a log that was emptied', () => ({ records: [] }), 'truncated', 0],
    [
      'an older directory, against an anchor',
      ({ records: r, checkpoints: c }) => ({ records: r.slice(0, 15), checkpoints: c.slice(0, 1) }),
      'rolled_back',
      15,
    ],
    ['records and checkpoints deleted, against an anchor', () => ({ records: [], checkpoints: [] }), 'rolled_back', 0],
    ['deleted checkpoints, against an anchor', () => ({ checkpoints: [] }), 'unanchored', 0],
    [
      'the first checkpoint deleted',
      ({ checkpoints: c }) => ({ checkpoints: c.slice(1), anchors: [] }),
      'unanchored',
      0,
    ],
    ['a middle checkpoint deleted', ({ checkpoints: c }) => ({ checkpoints: c.toSpliced(1, 1) }), 'unanchored', 10],
    [
      'a checkpoint with another root',
      ({ checkpoints: c }) => ({ checkpoints: c.with(2, { ...c[2]!, root: c[1]!.root }) }),
      'corrupt',
      20,
    ],
    [
      'a signature of other bytes',
      ({ checkpoints: c }) => ({ checkpoints: c.with(2, { ...c[2]!, signature: c[1]!.signature }) }),
      'corrupt',
      20,
    ],
    [
      'a rewrite that the holder of the key signed anew, against an anchor',
      async ({ records: r, checkpoints: c }) => {
        const records = rehash(r.with(4, edited(r[4]!)));
        const forger = createWorld({ security: { checkpointInterval: 1000 } });
        await forger.storage.commit([{ kind: 'append', stream: auditStream, values: records as never }]);
        const log = new AuditLog(forger.config, { ...forger.options, keys: honest.keys.service });
        const { root } = (await log.checkpoint())!;
        const signed = await resigned(c[2]!, { index: 0, size: 34, root });
        return { records, checkpoints: [signed] };
      },
      'forked',
      0,
    ],
  ];
  it.each(attacks)('%s is detected, and where', async (_name, attack, status, position) => {
    expect(await verify({ ...honest, ...(await attack(honest)) })).toMatchObject({ status, position });
  });

  it('on the tail behind the last anchor shows nowhere: the verdict says how far anchors reach', async () => {
    const cut = await verify({ ...honest, records: honest.records.slice(0, 31) });
    expect(cut).toMatchObject({ status: 'ok', records: 31, anchored: { size: 30 } });
  });

  it('with no checkpoint for long is unanchored', async () => {
    const bare = { records: honest.records, checkpoints: [], anchors: [] };
    expect(await verify(bare)).toMatchObject({ status: 'ok' });
    const many = rehash(Array.from({ length: 200 }, (_, i) => honest.records[i % 34]!));
    expect(await verify({ ...bare, records: many, interval: 100 })).toMatchObject({
      status: 'unanchored',
      position: 0,
    });
  });

  it('with a wrong, a revoked or a retired key is not believed', async () => {
    const ring = (): KeyRing => new KeyRing(new LocalKeyService(ephemeralKeys(honest.clock.now())));
    const wrong = await verify({ ...honest, judge: judgeByKeys(ring()) });
    expect(wrong).toMatchObject({
      status: 'unanchored',
      position: 0,
      reason: expect.stringContaining('not known here') as string,
    });
    const keys = ring();
    const { v, log, index, size, root, time } = honest.checkpoints[0]!;
    const at = honest.clock.now() + 60_000;
    const signed = await signCheckpoint(keys, { v, log, index, size, root, time });
    const late = await signCheckpoint(keys, { v, log, index, size, root, time: new Date(at + 1).toISOString() });
    await keys.service.rotate!('audit_checkpoint', at);
    const sole = (checkpoint: Checkpoint) =>
      verify({ records: honest.records, checkpoints: [checkpoint], anchors: [], judge: judgeByKeys(keys) });
    expect(await sole(signed)).toMatchObject({ status: 'ok', anchored: { size: 10 } });
    expect(await sole(late)).toMatchObject({
      status: 'unanchored',
      reason: expect.stringContaining('retired') as string,
    });
    await keys.service.revoke!(signed.keyId, 'stolen', at + 2);
    expect(await sole(signed)).toMatchObject({
      status: 'unanchored',
      reason: expect.stringContaining('revoked') as string,
    });
  });

  it('in other bytes of the same JSON changes nothing in a store, and is corrupt in an export', async () => {
    const reordered = honest.records.map((r) => Object.fromEntries(Object.entries(r).reverse()));
    expect(await verify({ ...honest, records: reordered })).toMatchObject({ status: 'ok' });
    const path = join(folder, 'log.jsonl');
    const log = new AuditLog(honest.config, honest.options);
    expect(await log.export(path)).toEqual({ records: 34, checkpoints: 3 });
    expect(await failure(log.export(path))).toMatchObject({ code: 'ALREADY_EXISTS' });
    const judge = judgeByKeys(honest.keys);
    expect(await verifyExport(path, { judge, anchors: honest.anchors })).toMatchObject({
      status: 'ok',
      anchored: { size: 30 },
    });
    const lines = (await readFile(path, 'utf8')).split('\n');
    const variants: [string, number][] = [
      [JSON.stringify(reordered[14]), 14],
      [lines[14]!.replace('{', '{ '), 14],
      [lines[14]!.replace('"decision":"allow"', '"decision":"deny","decision":"allow"'), 14],
      ['null', 14],
    ];
    for (const [line, position] of variants) {
      await writeFile(path, lines.with(14, line).join('\n'));
      expect(await verifyExport(path, { judge })).toMatchObject({ status: 'corrupt', position });
    }
    // A crash is not an attack: the last line was being written.
    await writeFile(path, lines.slice(0, 33).join('\n') + '\n' + lines[33]!.slice(0, 50));
    expect(await verifyExport(path, { judge })).toMatchObject({
      status: 'torn_tail_recovered',
      records: 33,
      position: 33,
    });
    await writeFile(path, lines.slice(0, 20).join('\n') + '\n' + lines[20]!.slice(0, 50));
    expect(await verifyExport(path, { judge, anchors: honest.anchors })).toMatchObject({
      status: 'torn_tail_recovered',
      records: 20,
    });
  });

  it('cannot pass a node of the tree, or another record, for a record that was proved', async () => {
    const log = new AuditLog(honest.config, honest.options);
    const proof = await log.prove(12);
    expect(proof.checkpoint.size).toBe(30);
    expect(await log.verifyProof(proof)).toBe(true);
    const judge = judgeByKeys(honest.keys);
    expect(await verifyProof({ ...proof, record: edited(proof.record) }, judge)).toBe(false);
    expect(await verifyProof({ ...proof, record: { ...proof.record, seq: 13 } }, judge)).toBe(false);
    expect(await verifyProof({ ...proof, proof: proof.proof.slice(1) }, judge)).toBe(false);
    expect(await verifyProof({ ...proof, checkpoint: { ...proof.checkpoint, size: 31 } }, judge)).toBe(false);
    expect(await failure(log.prove(30))).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('anchors', () => {
  it('are appended outside of the store, survive a torn line, and are held against the log', async () => {
    const path = join(folder, 'anchors.jsonl');
    const { config, options, storage } = createWorld({ security: { checkpointInterval: 4, auditAnchorPath: path } });
    const tracker = new ExperimentTracker(config, options);
    const log = new AuditLog(config, options);
    for (let i = 0; i < 8; i++) await tracker.startRun({ experimentName: `e${i}` });
    expect((await readFile(path, 'utf8')).trim().split('\n')).toHaveLength(2);
    await appendFile(path, '{"index":2,"key');
    for (let i = 8; i < 12; i++) await tracker.startRun({ experimentName: `e${i}` });
    expect(await log.verify()).toMatchObject({ status: 'ok', records: 12, anchored: { size: 12 } });
    const elsewhere = join(folder, 'more.jsonl');
    await tracker.startRun({ experimentName: 'last' });
    expect(await log.anchor(elsewhere)).toMatchObject({ size: 13, index: 3 });
    await log.anchor(elsewhere);
    expect((await readFile(elsewhere, 'utf8')).trim().split('\n')).toHaveLength(1);
    // The store of before the last checkpoints, restored: only what lies outside can tell.
    const older = createWorld({ security: { checkpointInterval: 4, auditAnchorPath: path } });
    const [records, checkpoints] = [await storage.read(auditStream), await storage.read('audit.checkpoints')];
    await older.storage.commit([
      { kind: 'append', stream: auditStream, values: records.entries.slice(0, 6).map(({ value }) => value) },
      {
        kind: 'append',
        stream: 'audit.checkpoints',
        values: checkpoints.entries.slice(0, 1).map(({ value }) => value),
      },
    ]);
    const keys = (await createContext(config, options).keys()).service;
    const rolledBack = new AuditLog(older.config, { ...older.options, keys });
    expect(await rolledBack.verify()).toMatchObject({ status: 'rolled_back', position: 6 });
    await writeFile(path, 'nonsense\n');
    expect(await failure(log.verify())).toMatchObject({ code: 'CORRUPT' });
  });
});
