import { describe, expect, it } from 'vitest';
import {
  AuditLog,
  ExperimentTracker,
  MemoryStorage,
  type AuditRecord,
  type JsonValue,
  type Storage,
} from '@bondx/mlops';
import { leafHash } from '../../src/governance/audit-record.js';
import { auditStream } from '../../src/governance/audit/log-start.js';
import { verifyAuditTrail } from '../../src/governance/audit/verify-stored-log.js';
import { createWorld, failure } from '../helpers.js';

/** Ten audited operations, as records. */
async function trail(): Promise<AuditRecord[]> {
  const { config, options, storage } = createWorld();
  const tracker = new ExperimentTracker(config, options);
  for (let i = 0; i < 5; i++) await tracker.endRun(await tracker.startRun({ experimentName: `e${i}` }));
  return (await storage.read(auditStream)).entries.map(({ value }) => value as unknown as AuditRecord);
}

async function storeWith(records: readonly unknown[]): Promise<Storage> {
  const storage = new MemoryStorage();
  await storage.commit([{ kind: 'append', stream: auditStream, values: records as JsonValue[] }]);
  return storage;
}

const verify = async (records: readonly unknown[], expectedHead?: string) =>
  verifyAuditTrail(await storeWith(records), expectedHead === undefined ? {} : { expectedHead });

describe('the audit trail', () => {
  it('verifies as written', async () => {
    const records = await trail();
    expect(await verify(records)).toEqual({ status: 'ok', records: 10, head: leafHash(records[9]!) });
  });

  it('verifies when empty', async () => {
    expect(await verifyAuditTrail(new MemoryStorage())).toMatchObject({ status: 'ok', records: 0 });
  });

  const attacks: [string, (records: AuditRecord[]) => unknown[], number][] = [
    ['a changed word', (r) => r.with(3, { ...r[3]!, action: 'tracking.start_run ' }), 4],
    ['a changed actor', (r) => r.with(0, { ...r[0]!, actor: { ...r[0]!.actor, id: 'eve' } }), 1],
    ['a deleted first record', (r) => r.slice(1), 0],
    ['a deleted middle record', (r) => r.toSpliced(5, 1), 5],
    ['two swapped records', (r) => r.with(4, r[5]!).with(5, r[4]!), 4],
    ['a repeated record', (r) => r.toSpliced(5, 0, r[4]!), 5],
    ['a renumbered cut', (r) => r.toSpliced(5, 1).map((record, seq) => ({ ...record, seq })), 5],
    ['a record of another log', (r) => r.with(6, { ...r[6]!, log: 'other' }), 6],
    ['a record that is none', (r) => [...r.slice(0, 2), { hello: 'world' }, ...r.slice(3)], 2],
  ];
  it.each(attacks)('detects %s, and where', async (_name, attack, position) => {
    expect(await verify(attack(await trail()))).toMatchObject({ status: 'corrupt', position });
  });

  it('detects a cut or a rewritten end against a head kept elsewhere', async () => {
    const records = await trail();
    const head = leafHash(records[9]!);
    expect(await verify(records, head)).toMatchObject({ status: 'ok' });
    expect(await verify(records.slice(0, 8), head)).toMatchObject({ status: 'corrupt', position: 8 });
    expect(await verify(records.with(9, { ...records[9]!, reason: 'x' }), head)).toMatchObject({ status: 'corrupt' });
  });

  it('accepts records that came after the head kept elsewhere', async () => {
    const records = await trail();
    expect(await verify(records, leafHash(records[4]!))).toMatchObject({ status: 'ok', records: 10 });
  });

  it('is read by actor, action and resource', async () => {
    const { config, options } = createWorld();
    const tracker = new ExperimentTracker(config, options);
    const runId = await tracker.startRun({ experimentName: 'e' });
    await tracker.withPrincipal({ id: 'bob', type: 'person', authentication: 'application' }).endRun(runId);
    const audit = new AuditLog(config, options);
    expect((await audit.list({ actor: 'bob' })).map(({ action }) => action)).toEqual(['tracking.end_run']);
    expect(await audit.list({ action: 'tracking.start_run' })).toHaveLength(1);
    expect(await audit.list({ resourceId: runId })).toHaveLength(2);
    expect(await audit.list({ from: 1 })).toHaveLength(1);
    expect(await audit.list({ limit: 0 })).toEqual([]);
    expect(await audit.verify()).toMatchObject({ status: 'ok', records: 2 });
  });

  it('is not read by an action that there is none of, of which nothing would be found', async () => {
    const { config, options } = createWorld();
    const audit = new AuditLog(config, options);
    const said = async (action: string): Promise<string> => {
      const { code, message } = await failure(audit.list({ action }));
      return `${code}: ${message}`;
    };
    expect(await said('registry.promot')).toBe(
      'INVALID_INPUT: there is no action "registry.promot"; did you mean registry.promote?',
    );
    expect(await said('deploy')).toMatch(
      /INVALID_INPUT: .*known are tracking\.start_run, .*canary\.deploy, .*policy\.changed$/,
    );
    for (const action of ['policy.weakened', 'policy.changed', 'tracking.read'])
      expect(await audit.list({ action })).toEqual([]);
  });
});
