import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  AuditLog,
  type AuditRecord,
  ExperimentTracker,
  type JsonObject,
  type JsonValue,
  MLOpsConfig,
  ModelRegistry,
  applyRetention,
} from '@bondx/mlops';
import { type StoredLogStart, auditStream, signLogStart } from '../../src/governance/audit/log-start.js';
import { TreeFrontier } from '../../src/governance/audit/merkle-tree.js';
import { leafHash, leafOfRecord } from '../../src/governance/audit-record.js';
import { ConstantModel } from '../../src/models/constant-model.js';
import { createContext } from '../../src/runtime/context.js';
import { temporaryDirectory } from '../adapters/filesystem/temporary-directory.js';
import { type World, createWorld, failure } from '../helpers.js';

const dayMs = 86_400_000;
const free = { regulatoryFrameworks: [], auditLogRetentionDays: 30, checkpointInterval: 5 } as const;

let world: World;
let tracker: ExperimentTracker;
let audit: AuditLog;

function begin(security: object = free): void {
  world = createWorld({ security });
  tracker = new ExperimentTracker(world.config, world.options);
  audit = new AuditLog(world.config, world.options);
}
beforeEach(() => begin());

/** Records of starts and ends, two a run, a day apart. */
async function record(runs: number): Promise<void> {
  for (let i = 0; i < runs; i++) {
    await tracker.endRun(await tracker.startRun({ experimentName: `e${i}` }));
    world.clock.advance(dayMs);
  }
}

const purge = (options: object = {}) => applyRetention(world.config, { ...world.options, ...options });
const start = async () => (await world.storage.get('audit.starts', 'audit'))!.value as unknown as StoredLogStart;

/** What the store says of where its log begins, changed as whoever can write to the store could. */
async function forge(change: (honest: StoredLogStart) => StoredLogStart | Promise<StoredLogStart>): Promise<void> {
  const value = (await change(await start())) as unknown as JsonValue;
  await world.storage.commit([{ kind: 'put', collection: 'audit.starts', id: 'audit', value, expect: 'any' }]);
}

describe('audit records that are older than security.audit_log_retention_days', () => {
  it('are all that goes, whenever another retention removes them meanwhile', async () => {
    // Later ones commit: these wait for what the other one commits.
    for (let moment = 1; moment <= 3; moment++) {
      begin();
      await record(40);
      const { storage } = world;
      let calls = 0;
      const get = storage.get.bind(storage);
      storage.get = async (...args) => {
        if (++calls === moment) await purge();
        return get(...args);
      };
      const { audit: purged } = await purge();
      expect(calls).toBeGreaterThan(moment);
      expect([0, 20], `at ${moment}`).toContain(purged.records);
      expect(await start(), `at ${moment}`).toMatchObject({ size: 20 });
      expect(await audit.verify(), `at ${moment}`).toMatchObject({ status: 'ok' });
    }
  });

  it('go behind a signed start, in one commit with the record of it; what stays verifies, is listed, proved and goes on', async () => {
    await record(40); // 80 records of 40 days
    const before = await audit.list({ limit: 1_000 });
    expect(await purge({ dryRun: true })).toMatchObject({ audit: { records: 20 } });
    expect(await audit.list({ limit: 1_000 })).toHaveLength(80);

    const { audit: purged } = await purge();
    expect(purged).toEqual({ records: 20, madeBefore: new Date(world.clock.now() - 30 * dayMs).toISOString() });
    const after = await audit.list({ limit: 1_000 });
    expect(after.map(({ seq }) => seq)).toEqual(Array.from({ length: 61 }, (_, i) => 20 + i));
    expect(after.slice(0, 60)).toEqual(before.slice(20));
    expect(after.at(-1)).toMatchObject({
      action: 'retention.purge_audit',
      decision: 'allow',
      detail: { records: 20, size: 20, root: (await start()).root, head: leafHash(before[19]!) },
    });
    expect(await audit.verify()).toMatchObject({
      status: 'ok',
      records: 61,
      removed: { records: 20, before: purged.madeBefore },
    });
    expect(await audit.verify({ expectedHead: leafHash(before[19]!) })).toMatchObject({ status: 'ok' });
    expect(await audit.verify({ expectedHead: leafHash(before[60]!) })).toMatchObject({ status: 'ok' });
    expect((await world.storage.read(auditStream)).length).toBe(0);

    await record(3);
    await audit.checkpoint();
    expect(await audit.verify()).toMatchObject({ status: 'ok', records: 67, anchored: { size: 87 } });
    for (const seq of [20, 21, 37, 64, 80, 86]) expect(await audit.verifyProof(await audit.prove(seq))).toBe(true);
    expect(await failure(audit.prove(19))).toMatchObject({ code: 'NOT_FOUND' });
    // And again, from where the log starts now.
    world.clock.advance(20 * dayMs);
    expect((await purge()).audit.records).toBeGreaterThan(20);
    expect(await audit.verify()).toMatchObject({ status: 'ok' });
    await tracker.startRun({ experimentName: 'last' });
    expect(await audit.verify()).toMatchObject({ status: 'ok' });
  });

  it('stay where nothing is old enough: no record is written either', async () => {
    await record(3);
    expect((await purge()).audit.records).toBe(0);
    expect(await audit.list()).toHaveLength(6);
  });

  it('stay for as long as a law of the policy asks for, which is said', async () => {
    begin({ ...free, regulatoryFrameworks: ['MiFID II'] });
    await record(2);
    world.clock.advance(1_800 * dayMs);
    const { audit: kept } = await purge();
    expect(kept).toMatchObject({ records: 0, keptBy: 'MiFID II: 1827 days' });
    world.clock.advance(40 * dayMs);
    expect((await purge()).audit.records).toBe(4);
    begin({ ...free, regulatoryFrameworks: ['MiFID II'], auditLogRetentionDays: 4_000 });
    expect((await purge()).audit.keptBy).toBeUndefined();
  });

  it('stay while a version that is in use is not younger', async () => {
    const registry = new ModelRegistry(world.config, world.options);
    await record(2);
    await registry.register({
      ...{ modelName: 'spread', modelType: 'spread', featureColumns: ['x'], model: new ConstantModel(1) },
      performanceMetrics: { r2_score: 0.5 },
    });
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage: 'staging' });
    world.clock.advance(400 * dayMs);
    expect((await purge()).audit).toMatchObject({ records: 4, keptBy: 'spread 1.0.0, which is in Staging' });
    expect((await audit.list()).map(({ action }) => action)).toContain('registry.register');
    await registry.promoteModel({ modelName: 'spread', version: '1.0.0', targetStage: 'archived' });
    world.clock.advance(100 * dayMs);
    expect((await purge()).audit.records).toBeGreaterThan(1);
  });

  it('are removed from no log that does not verify', async () => {
    await record(40);
    const { entries } = await world.storage.read(auditStream);
    const altered = entries.map(({ value }, i) => (i === 50 ? { ...(value as JsonObject), action: 'x' } : value));
    await world.storage.commit([
      { kind: 'put', collection: 'audit.starts', id: 'x', value: 1, expect: 'any' },
      { kind: 'drop', stream: auditStream },
    ]);
    await world.storage.commit([{ kind: 'append', stream: auditStream, values: altered }]);
    expect(await failure(purge())).toMatchObject({ code: 'CORRUPT' });
    const kept = await world.storage.read(auditStream);
    expect(kept.entries.slice(0, 80).map(({ value }) => value)).toEqual(altered);
    expect(kept.entries.slice(80).map(({ value }) => value)).toMatchObject([{ decision: 'error' }]); // this very failure
  });

  it('are in an export no more, which says so and verifies by itself', async () => {
    await record(40);
    await purge();
    const path = join(await temporaryDirectory(), 'log.jsonl');
    await audit.export(path);
    expect(await audit.verifyExport(path)).toMatchObject({ status: 'ok', removed: { records: 20 } });
    const [first] = (await readFile(path, 'utf8')).split('\n');
    expect(JSON.parse(first!)).toMatchObject({ size: 20, head: (await start()).head });
    expect(first).not.toContain('stream');
  });
});

describe('an attack on the start of the log', () => {
  beforeEach(async () => {
    await record(40);
    await purge();
  });

  it('that removes more, and says so without the key, is corrupt', async () => {
    const { entries } = await world.storage.read((await start()).stream);
    const records = entries.map(({ value }) => value as unknown as AuditRecord);
    const honest = await start();
    const tree = new TreeFrontier(20, honest.frontier);
    for (const each of records.slice(0, 10)) tree.add(leafOfRecord(each as unknown as JsonObject));
    const [root, frontier] = [tree.root(), tree.roots];
    await world.storage.commit([
      { kind: 'append', stream: 'audit/forged', values: records.slice(10) as unknown as JsonValue[] },
    ]);
    await forge((said) => ({ ...said, size: 30, root, frontier, head: leafHash(records[9]!), stream: 'audit/forged' }));
    expect(await audit.verify()).toMatchObject({ status: 'corrupt', position: 0 });
  });

  it('that passes a checkpoint for a start is corrupt: one signature is not the other', async () => {
    const { entries } = await world.storage.read('audit.checkpoints');
    const { signature } = entries.at(-1)!.value as { signature: string };
    await forge((said) => ({ ...said, signature }));
    expect(await audit.verify()).toMatchObject({ status: 'corrupt', position: 0 });
  });

  it('with another tree, or other words than were signed, is corrupt', async () => {
    const honest = await start();
    const other = honest.frontier.toReversed();
    for (const change of [
      { frontier: other },
      { frontier: [] },
      { before: '2030-01-01T00:00:00.000Z' },
      { head: honest.root },
      { size: 19 },
    ]) {
      await forge(() => ({ ...honest, ...change }));
      expect((await audit.verify()).status, JSON.stringify(change)).toBe('corrupt');
    }
    await forge(() => honest);
    expect((await audit.verify()).status).toBe('ok');
  });

  it('that is signed with the key, and that no record of the log tells of, is corrupt', async () => {
    const { entries } = await world.storage.read((await start()).stream);
    const records = entries.map(({ value }) => value as unknown as AuditRecord);
    const tree = new TreeFrontier(20, (await start()).frontier);
    for (const each of records.slice(0, 5)) tree.add(leafOfRecord(each as unknown as JsonObject));
    const keys = await createContext(world.config, world.options).keys();
    const root = tree.root();
    const { stream: _stream, keyId: _keyId, signature: _signature, frontier: _frontier, ...body } = await start();
    const signed = await signLogStart(keys, { ...body, size: 25, root, head: leafHash(records[4]!) }, tree);
    await world.storage.commit([
      { kind: 'append', stream: 'audit/signed', values: records.slice(5) as unknown as JsonValue[] },
    ]);
    await forge(() => ({ ...signed, stream: 'audit/signed' }));
    const verdict = await audit.verify();
    expect(verdict).toMatchObject({ status: 'corrupt', position: 25 });
    expect(verdict.reason).toContain('no record tells');
  });

  it('that deletes records behind it, without saying anything, is corrupt', async () => {
    const { stream } = await start();
    const { entries } = await world.storage.read(stream);
    await world.storage.commit([
      { kind: 'append', stream: 'audit/cut', values: entries.slice(3).map(({ value }) => value) },
    ]);
    await forge((said) => ({ ...said, stream: 'audit/cut' }));
    expect(await audit.verify()).toMatchObject({ status: 'corrupt', position: 20 });
  });

  it('that takes it away leaves a log that was emptied', async () => {
    await world.storage.commit([{ kind: 'delete', collection: 'audit.starts', id: 'audit', expect: 'any' }]);
    expect(await audit.verify()).toMatchObject({ status: 'truncated', position: 0 });
  });

  it('by a key that was revoked since vouches for nothing', async () => {
    const ring = await createContext(world.config, world.options).keys();
    const { id } = await ring.active('audit_checkpoint');
    await ring.service.rotate!('audit_checkpoint', world.clock.now() + 1);
    await ring.service.revoke!(id, 'stolen', world.clock.now() + 2);
    expect(await audit.verify()).toMatchObject({ status: 'unanchored' });
  });
});

describe('processes that share a store', () => {
  it('go on recording while one removes: nothing is lost, nothing is recorded twice', async () => {
    const folder = await temporaryDirectory();
    const config = (): MLOpsConfig =>
      MLOpsConfig.fromObject(
        {
          security: free,
          storage: { path: join(folder, 'records'), artifactsPath: join(folder, 'files') },
          tracking: { logEnvironment: false, logGitSha: false },
        },
        { environment: {} },
      );
    const { clock, options } = createWorld();
    const mine = { clock, principal: options.principal! };
    await using writer = new ExperimentTracker(config(), mine);
    const old: string[] = [];
    for (let i = 0; i < 30; i++) old.push(await writer.startRun({ experimentName: 'old', heartbeat: false }));
    clock.advance(40 * dayMs);
    await using other = new ExperimentTracker(config(), mine);
    const written: string[] = [];
    const write = async (by: ExperimentTracker): Promise<void> => {
      for (let i = 0; i < 25; i++) written.push(await by.startRun({ experimentName: 'new', heartbeat: false }));
    };
    const [, , result] = await Promise.all([write(writer), write(other), applyRetention(config(), mine)]);
    expect(result.audit.records).toBe(30);
    await using log = new AuditLog(config(), mine);
    expect(await log.verify()).toMatchObject({ status: 'ok', removed: { records: 30 } });
    const recorded = (await log.list({ action: 'tracking.start_run', limit: 1_000 })).map(
      ({ resource }) => resource.id,
    );
    expect(recorded.sort()).toEqual(written.sort());
  });
});
