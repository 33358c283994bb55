import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { AuditLog, ConflictError, ExperimentTracker, KeyAdministration, MLOpsConfig } from '@bondx/mlops';
import type { KeyInfo, KeyPurpose } from '@bondx/mlops';
import { temporaryDirectory } from '../../adapters/filesystem/temporary-directory.js';
import { newKeyDocument, printKeyDocument } from '../../../src/keys/key-document.js';
import { createContext } from '../../../src/runtime/context.js';
import { SubjectKeys } from '../../../src/sealing/subject-keys.js';
import { createWorld } from '../../helpers.js';

const activeOf = async (keys: KeyAdministration, purpose: KeyPurpose): Promise<KeyInfo> =>
  (await keys.list()).find((key) => key.purpose === purpose && key.status === 'active')!;

describe('making a key file', () => {
  const inFolder = async () => {
    const folder = await temporaryDirectory();
    const policy = { storage: { path: folder }, keys: { path: join(folder, 'made', 'keys.json') } };
    return MLOpsConfig.fromObject(policy, { environment: {} });
  };

  it('makes it where the policy says, once, and records that', async () => {
    const config = await inFolder();
    await using keys = new KeyAdministration(config);
    const path = await keys.create();
    expect(path).toBe(config.policy.keys.path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const before = readFileSync(path, 'utf8');
    expect((await keys.list()).every(({ status }) => status === 'active')).toBe(true);
    await expect(keys.create()).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(readFileSync(path, 'utf8')).toBe(before);
    await using audit = new AuditLog(config);
    const records = await audit.list();
    expect(records.map(({ action, resource, decision }) => [action, resource, decision])).toEqual([
      ['keys.create', { type: 'key_file', id: path }, 'allow'],
      ['keys.create', { type: 'key_file', id: path }, 'error'],
    ]);
    expect(records[1]!.reason).toContain(`${path} exists already`);
  });

  it('records who was denied it', async () => {
    const { config, options } = createWorld({ access: { bindings: [{ principal: 'aud', role: 'auditor' }] } });
    const aud = { id: 'aud', type: 'person', authentication: 'application' } as const;
    const keys = new KeyAdministration(config, { ...options, principal: aud });
    await expect(keys.create()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const records = await new AuditLog(config, { ...options, principal: aud }).list();
    expect(records).toMatchObject([{ action: 'keys.create', decision: 'deny', actor: { id: 'aud' } }]);
  });

  it('makes none where the keys come from the environment', async () => {
    const environment = { KEYS: printKeyDocument(newKeyDocument(0)) };
    const config = MLOpsConfig.fromObject({ keys: { variable: 'KEYS' } }, { environment });
    const keys = new KeyAdministration(config, createWorld().options);
    await expect(keys.create()).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});

describe('administering keys', () => {
  it('is recorded, with ids and reasons and without any key', async () => {
    const { config, options } = createWorld();
    const keys = new KeyAdministration(config, options);
    const old = await activeOf(keys, 'pseudonym');
    const made = await keys.rotate('pseudonym');
    await keys.revoke(old.id, 'somebody left');
    const audit = new AuditLog(config, options);
    const records = await audit.list();
    expect(
      records.map(({ action, resource, decision, reason, detail }) => [
        action,
        resource.id,
        decision,
        reason,
        detail?.['state'],
      ]),
    ).toEqual([
      ['keys.rotate', 'pseudonym', 'allow', undefined, 'begun'],
      ['keys.rotate', made.id, 'allow', undefined, undefined],
      ['keys.revoke', old.id, 'allow', undefined, 'begun'],
      ['keys.revoke', old.id, 'allow', 'somebody left', undefined],
    ]);
    expect(JSON.stringify([records, await keys.list()])).not.toMatch(/secret|[A-Za-z0-9+/]{40}=/);
  });

  it('leaves a record also where the process dies once the keys are changed', async () => {
    const { config, options, storage } = createWorld();
    const keys = new KeyAdministration(config, options);
    const before = await activeOf(keys, 'pseudonym');
    const commit = storage.commit.bind(storage);
    let commits = 0;
    const killed = vi
      .spyOn(storage, 'commit')
      .mockImplementation((...args) => (++commits > 1 ? Promise.reject(new Error('killed')) : commit(...args)));
    await expect(keys.rotate('pseudonym')).rejects.toThrow('killed');
    killed.mockRestore();
    expect((await activeOf(keys, 'pseudonym')).id).not.toBe(before.id);
    const records = await new AuditLog(config, options).list();
    expect(records.map(({ action, detail }) => [action, detail])).toEqual([['keys.rotate', { state: 'begun' }]]);
  });

  it('does not revoke the active key, an unknown one, or without a reason', async () => {
    const { config, options } = createWorld();
    const keys = new KeyAdministration(config, options);
    const { id } = await activeOf(keys, 'audit_checkpoint');
    await expect(keys.revoke(id, 'x')).rejects.toMatchObject({ code: 'ILLEGAL_STATE' });
    await expect(keys.revoke('0123456789abcdef', 'x')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(keys.revoke(id, ' ')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(keys.rotate('signing' as never)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('leaves keys that live in a service to its own tools', async () => {
    const { config, options } = createWorld();
    const { keys: _keys, ...rest } = options;
    const unused = () => Promise.reject(new Error('not asked for'));
    const list = () => Promise.resolve([]);
    const service = { list, sign: unused, publicKey: unused, wrap: unused, unwrap: unused, secret: unused };
    const keys = new KeyAdministration(config, { ...rest, keys: service });
    await expect(keys.rotate('pseudonym')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    await expect(keys.revoke('0123456789abcdef', 'x')).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    const records = await new AuditLog(config, options).list();
    expect(records.map(({ action, resource, decision }) => [action, resource, decision])).toEqual([
      ['keys.rotate', { type: 'key', id: 'pseudonym' }, 'error'],
      ['keys.revoke', { type: 'key', id: '0123456789abcdef' }, 'error'],
    ]);
  });

  it('names the keys, their purpose and the reason in the records', async () => {
    const { config, options } = createWorld();
    const keys = new KeyAdministration(config, options);
    const old = await activeOf(keys, 'pseudonym');
    const made = await keys.rotate('pseudonym');
    await keys.revoke(old.id, 'somebody left');
    await expect(keys.revoke(made.id, 7 as never)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    const { keyId: id } = await keys.rewrap();
    const records = await new AuditLog(config, options).list();
    const key = (id: string) => ({ type: 'key', id });
    expect(records.map(({ action, resource, detail }) => [action, resource, detail])).toEqual([
      ['keys.rotate', key('pseudonym'), { state: 'begun' }],
      ['keys.rotate', key(made.id), { purpose: 'pseudonym' }],
      ['keys.revoke', key(old.id), { state: 'begun' }],
      ['keys.revoke', key(old.id), { purpose: 'pseudonym' }],
      ['storage.rewrap', key(id), { keyId: id, rewrapped: 0, unreadable: 0 }],
    ]);
    expect([made, await keys.rewrap()].every(Object.isFrozen)).toBe(true);
  });

  it('rotates once, however often the record has to be planned anew', async () => {
    const { config, options, storage } = createWorld();
    const keys = new KeyAdministration(config, options);
    const commit = storage.commit.bind(storage);
    let commits = 0;
    const busy = vi.spyOn(storage, 'commit').mockImplementation((...args) => {
      if (++commits !== 2) return commit(...args); // the first says that it begins
      const lost = { kind: 'stream', stream: 'other', expected: 0, actual: 1 } as const;
      return Promise.reject(new ConflictError(lost));
    });
    const made = await keys.rotate('pseudonym');
    busy.mockRestore();
    const ofPurpose = (await keys.list()).filter(({ purpose }) => purpose === 'pseudonym');
    expect(ofPurpose.map(({ id, status }) => [id === made.id, status]).sort()).toEqual([
      [false, 'retired'],
      [true, 'active'],
    ]);
  });
});

it('keys rotate while processes write: everything still loads, also once the old keys are revoked', async () => {
  const folder = await temporaryDirectory();
  const policy = { storage: { path: join(folder, 'records'), artifactsPath: join(folder, 'files') } };
  const newConfig = (): MLOpsConfig => MLOpsConfig.fromObject(policy, { environment: {} });
  const written: { readonly runId: string; readonly content: string }[] = [];
  const state = { isDone: false };
  const writer = async (name: string): Promise<void> => {
    await using tracker = new ExperimentTracker(newConfig()); // a connection and keys of its own, as another process has
    for (let i = 0; !state.isDone; i++) {
      const runId = await tracker.startRun({ experimentName: 'load' });
      const content = `${name} ${i} `.repeat(1_000);
      await tracker.logArtifact(runId, { name: 'a.txt', content });
      await tracker.endRun(runId);
      written.push({ runId, content });
    }
  };
  const writers = ['a', 'b', 'c'].map(writer);
  await using keys = new KeyAdministration(newConfig());
  const old: string[] = [];
  for (let round = 0; round < 3; round++) {
    const before = written.length;
    while (written.length < before + 3) await new Promise((resolve) => setTimeout(resolve, 5));
    old.push((await activeOf(keys, 'artifact_encryption')).id);
    await keys.rotate('artifact_encryption');
    await keys.rotate('artifact_signing');
    expect(await keys.rewrap()).toMatchObject({ unreadable: 0 });
  }
  await expect(keys.revoke((await activeOf(keys, 'artifact_encryption')).id, 'x')).rejects.toMatchObject({
    code: 'ILLEGAL_STATE',
  });
  state.isDone = true;
  await Promise.all(writers);
  const { rewrapped } = await keys.rewrap();
  expect(rewrapped).toBeLessThan(written.length);
  for (const id of old) await keys.revoke(id, 'rotated');

  await using tracker = new ExperimentTracker(newConfig());
  for (const { runId, content } of written) {
    let found = '';
    for await (const chunk of tracker.readArtifact(runId, 'a.txt')) found += Buffer.from(chunk).toString();
    expect(found).toBe(content);
  }
  await using audit = new AuditLog(newConfig());
  expect(await audit.verify()).toMatchObject({ status: 'ok' });
  const file = readFileSync(join(folder, 'records', 'keys.json'), 'utf8');
  expect(file.match(/"status": "revoked"/g)).toHaveLength(3);
});

it('a key that still protects files is not revoked', async () => {
  const folder = await temporaryDirectory();
  const config = MLOpsConfig.fromObject(
    { storage: { path: folder, artifactsPath: join(folder, 'files') } },
    { environment: {} },
  );
  await using tracker = new ExperimentTracker(config);
  const runId = await tracker.startRun({ experimentName: 'e' });
  await tracker.logArtifact(runId, { name: 'a.txt', content: 'x' });
  await using keys = new KeyAdministration(config);
  const { id } = await activeOf(keys, 'artifact_encryption');
  await keys.rotate('artifact_encryption');
  await expect(keys.revoke(id, 'x')).rejects.toThrow(/^[1-9]\d* files are encrypted under key .*storage rewrap/);
  expect(await keys.rewrap()).toMatchObject({ unreadable: 0 });
  await expect(keys.revoke(id, 'x')).resolves.toMatchObject({ status: 'revoked' });
});

it('a key that still protects the payloads of subjects is not revoked', async () => {
  const folder = await temporaryDirectory();
  const config = MLOpsConfig.fromObject({ storage: { path: folder } }, { environment: {} });
  const { stores, keys: ring } = createContext(config);
  await new SubjectKeys(ring).use(await stores.storage(), 'ada');
  await using keys = new KeyAdministration(config);
  const { id } = await activeOf(keys, 'artifact_encryption');
  await keys.rotate('artifact_encryption');
  await expect(keys.revoke(id, 'x')).rejects.toThrow(/^0 files .*, and the payloads of 1 subjects; .*storage rewrap/);
  expect(await keys.rewrap()).toMatchObject({ rewrapped: 1 });
  await expect(keys.revoke(id, 'x')).resolves.toMatchObject({ status: 'revoked' });
  await stores.release();
});
